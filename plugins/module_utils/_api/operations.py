# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. Which API calls exist? Data only.

Source: the operation pages of ApsaraVideo Live 2016-11-01 and the metadata of its official SDK.
"""

from __future__ import annotations

from typing import NamedTuple

VERSION = "2016-11-01"

# May a call whose answer was lost be sent again?
REPEAT_READ = "read"  # always: it changes nothing
REPEAT_NATURAL = "natural"  # again: the second call finds the work done
REPEAT_REREAD = "reread"  # only after reading: the second call would be a second event on air


class Parameter(NamedTuple):
    """One business parameter. `form` is how a value travels: plain text, or a list flattened to Name.1, Name.2."""

    name: str
    required: bool = False
    form: str = "plain"


class Operation(NamedTuple):
    """One API operation. `qps` counts calls a second for the whole account, RAM users included.

    `ram_level` is the access level that RAM files the action under. It does not tell reading from writing.
    """

    name: str
    parameters: tuple[Parameter, ...]
    qps: int
    ram_action: str
    ram_level: str
    repeat: str
    errors: tuple[str, ...]

    @property
    def writes(self) -> bool:
        """True when the call changes the studio."""
        return self.repeat != REPEAT_READ


_CASTER = Parameter("CasterId", required=True)
_SCENE = Parameter("SceneId", required=True)
_REGION = Parameter("RegionId")

_ALL = (
    Operation(
        name="DescribeCasters",
        parameters=(
            Parameter("CasterId"),
            Parameter("CasterName"),
            Parameter("ChargeType"),
            Parameter("EndTime"),
            Parameter("NormType"),
            Parameter("OrderByModifyAsc"),
            Parameter("PageNum"),
            Parameter("PageSize"),
            Parameter("ResourceGroupId"),
            Parameter("StartTime"),
            Parameter("Status"),
            Parameter("Tag", form="list"),
            _REGION,
        ),
        qps=15,
        ram_action="live:DescribeCasters",
        ram_level="get",
        repeat=REPEAT_READ,
        errors=(
            "InvalidUserId.Malformed",
            "MissingParameter",
            "InvalidParameter.Malformed",
            "InvalidParameter.PageSize",
            "InvalidParameter.PageNum",
            "InvalidParameter.Status",
            "InvalidParameter.StartTime",
            "InvalidParameter.EndTime",
            "LiveServiceNotFound",
            "InternalError",
        ),
    ),
    Operation(
        name="DescribeCasterScenes",
        parameters=(_CASTER, Parameter("SceneId"), _REGION),
        qps=15,
        ram_action="live:DescribeCasterScenes",
        ram_level="get",
        repeat=REPEAT_READ,
        errors=(
            "InvalidCasterId.Malformed",
            "InvalidSceneId.Malformed",
            "IllegalOperation",
            "InvalidCaster.NotFound",
            "InvalidDomainName.NotFound",
            "InternalError",
        ),
    ),
    Operation(
        name="DescribeCasterSceneAudio",
        parameters=(_CASTER, _SCENE, _REGION),
        qps=15,
        ram_action="live:DescribeCasterSceneAudio",
        ram_level="get",
        repeat=REPEAT_READ,
        errors=(
            "InvalidCasterId.Malformed",
            "IllegalOperation",
            "InvalidCaster.NotFound",
            "InvalidScene.NotFound",
            "InternalError",
        ),
    ),
    Operation(
        name="DescribeCasterConfig",
        parameters=(_CASTER, _REGION),
        qps=15,
        ram_action="live:DescribeCasterConfig",
        ram_level="get",
        repeat=REPEAT_READ,
        errors=(
            "InvalidCasterId.Malformed",
            "IllegalOperation",
            "InvalidCaster.NotFound",
            "InternalError",
        ),
    ),
    Operation(
        name="DescribeCasterLayouts",
        parameters=(_CASTER, Parameter("LayoutId"), _REGION),
        qps=15,
        ram_action="live:DescribeCasterLayouts",
        ram_level="get",
        repeat=REPEAT_READ,
        errors=(
            "InvalidCasterId.Malformed",
            "IllegalOperation",
            "InvalidCaster.NotFound",
            "InternalError",
        ),
    ),
    Operation(
        name="DescribeCasterComponents",
        parameters=(_CASTER, Parameter("ComponentId"), _REGION),
        qps=15,
        ram_action="live:DescribeCasterComponents",
        ram_level="get",
        repeat=REPEAT_READ,
        errors=(
            "InvalidCasterId.Malformed",
            "IllegalOperation",
            "InvalidCaster.NotFound",
            "InternalError",
        ),
    ),
    Operation(
        name="StartCaster",
        parameters=(_CASTER, _REGION),
        qps=10,
        ram_action="live:StartCaster",
        ram_level="update",
        repeat=REPEAT_NATURAL,
        errors=(
            "InvalidShowList.EmptyList",
            "InvalidUserId.Malformed",
            "InvalidCasterId.Malformed",
            "IncorrectSceneStatus",
            "IncorrectCasterStatus.Cease",
            "IncorrectCasterStatus.Expire",
            "IncorrectCasterStatus.Inuse",
            "IncorrectSceneStatus.Inuse",
            "InvalidParameter.Malformed",
            "IncorrectChannel.Disable",
            "IllegalOperation",
            "UserQuotaExceed",
            "InvalidCaster.NotFound",
            "InvalidDomainName.NotFound",
            "InvalidTranscode.NotFound",
            "InvalidDelay.NotFound",
            "InvalidCasterTemplate.NotFound",
            "InvalidConfiguration.NotFound",
            "InvalidResource.NotFound",
            "InternalError",
        ),
    ),
    Operation(
        name="StopCaster",
        parameters=(_CASTER, _REGION),
        qps=10,
        ram_action="live:StopCaster",
        ram_level="update",
        repeat=REPEAT_NATURAL,
        errors=(
            "IncorrectSceneStatus",
            "InvalidCasterId.Malformed",
            "IllegalOperation",
            "InvalidCaster.NotFound",
            "InvalidScene.NotFound",
            "InternalError",
        ),
    ),
    Operation(
        name="StartCasterScene",
        parameters=(_CASTER, _SCENE, _REGION),
        qps=10,
        ram_action="live:StartCasterScene",
        ram_level="update",
        repeat=REPEAT_NATURAL,
        errors=(
            "IncorrectSceneStatus",
            "IncorrectSceneStatus.Inuse",
            "IncorrectCasterStatus.Idle",
            "InvalidCasterId.Malformed",
            "InvalidSceneId.Malformed",
            "IllegalOperation",
            "UserQuotaExceed",
            "InvalidCaster.NotFound",
            "InvalidScene.NotFound",
            "InvalidLayout.NotFound",
            "InvalidConfiguration.NotFound",
            "InvalidCasterTemplate.NotFound",
            "InternalError",
        ),
    ),
    Operation(
        name="StopCasterScene",
        parameters=(_CASTER, _SCENE, _REGION),
        qps=10,
        ram_action="live:StopCasterScene",
        ram_level="update",
        repeat=REPEAT_NATURAL,
        errors=(
            "InvalidCasterId.Malformed",
            "InvalidUserId.Malformed",
            "InvalidSceneId.Malformed",
            "IncorrectSceneStatus",
            "IncorrectSceneStatus.Idle",
            "IllegalOperation",
            "InvalidCaster.NotFound",
            "InvalidScene.NotFound",
            "InternalError",
        ),
    ),
    Operation(
        name="CopyCasterSceneConfig",
        parameters=(_CASTER, Parameter("FromSceneId", required=True), Parameter("ToSceneId", required=True), _REGION),
        qps=10,
        ram_action="live:CopyCasterSceneConfig",
        ram_level="get",
        repeat=REPEAT_REREAD,
        errors=(
            "InvalidCasterId.Malformed",
            "InvalidUserId.Malformed",
            "InvalidSceneId.Malformed",
            "IncorrectSceneStatus",
            "IncorrectSceneStatus.Idle",
            "IncorrectSceneStatus.ConfigError",
            "IllegalOperation",
            "InvalidCaster.NotFound",
            "InvalidScene.NotFound",
            "ResourceInChannel.NotFound",
            "ResourceInChannel.PreConditionFailed",
            "ResourceInChannel.Invalid",
            "InternalError",
        ),
    ),
    Operation(
        name="SetCasterSceneConfig",
        parameters=(_CASTER, _SCENE, Parameter("ComponentId", form="list"), Parameter("LayoutId"), _REGION),
        qps=10,
        ram_action="live:SetCasterSceneConfig",
        ram_level="update",
        repeat=REPEAT_NATURAL,
        errors=(
            "InvalidCasterId.Malformed",
            "InvalidUserId.Malformed",
            "InvalidSceneId.Malformed",
            "InvalidCaptionResource",
            "IncorrectSceneStatus",
            "ComponentNumberExceed",
            "IncorrectSceneStatus.Idle",
            "IncorrectSceneStatus.ConfigError",
            "InvalidParameter.Malformed",
            "IllegalOperation",
            "InvalidCaster.NotFound",
            "InvalidScene.NotFound",
            "InvalidLayout.NotFound",
            "InvalidComponent.NotFound",
            "ResourceInChannel.NotFound",
            "ResourceInChannel.PreConditionFailed",
            "ResourceInChannel.Invalid",
            "InternalError",
        ),
    ),
    Operation(
        name="UpdateCasterSceneConfig",
        parameters=(
            _CASTER,
            Parameter("LayoutId", required=True),
            _SCENE,
            Parameter("ComponentId", form="list"),
            _REGION,
        ),
        qps=10,
        ram_action="live:UpdateCasterSceneConfig",
        ram_level="update",
        repeat=REPEAT_NATURAL,
        errors=(
            "InvalidCasterId.Malformed",
            "InvalidUserId.Malformed",
            "MissingParameter",
            "InvalidParameter.Malformed",
            "IncorrectSceneStatus.ConfigError",
            "ComponentNumberExceed",
            "SceneNumberExceed",
            "IncorrectSceneStatus.Waiting",
            "IncorrectSceneStatus.Idle",
            "InvalidCaptionResource",
            "IncorrectSceneStatus",
            "IllegalOperation",
            "InvalidCaster.NotFound",
            "InvalidScene.NotFound",
            "InvalidLayout.NotFound",
            "InvalidComponent.NotFound",
            "InvalidVideo.NotFound",
            "ResourceInChannel.NotFound",
            "ResourceInChannel.PreConditionFailed",
            "ResourceInChannel.Invalid",
            "InternalError",
        ),
    ),
    Operation(
        name="EffectCasterUrgent",
        parameters=(_CASTER, _SCENE, _REGION),
        qps=10,
        ram_action="live:EffectCasterUrgent",
        ram_level="get",
        repeat=REPEAT_REREAD,
        errors=(
            "InvalidCasterId.Malformed",
            "InvalidUserId.Malformed",
            "InvalidSceneId.Malformed",
            "IncorrectSceneStatus",
            "IncorrectSceneStatus.Idle",
            "IncorrectChannel.Disable",
            "InvalidParameter.Malformed",
            "IllegalOperation",
            "InvalidCaster.NotFound",
            "InvalidUrgentMaterial.NotFound",
            "InvalidScene.NotFound",
            "InvalidResource.NotFound",
            "InternalError",
        ),
    ),
)

OPERATIONS: dict[str, Operation] = {operation.name: operation for operation in _ALL}
