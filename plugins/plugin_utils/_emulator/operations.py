# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. What the service documents of each simulated operation: parameters, error codes, access level. Data only.

Source: the operation pages of ApsaraVideo Live 2016-11-01 and the metadata of its official SDK. What the client needs
of an operation, its limit among it, stands with the client.
"""

from __future__ import annotations

from typing import NamedTuple


class Parameter(NamedTuple):
    """One business parameter. `form` is how a value travels: plain text, or a list flattened to Name.1, Name.2."""

    name: str
    required: bool = False
    form: str = "plain"


class Simulated(NamedTuple):
    """What is documented of one operation.

    `ram_level` is the access level that RAM files the action under. It does not tell reading from writing.
    """

    parameters: tuple[Parameter, ...]
    errors: tuple[str, ...]
    ram_level: str


_CASTER = Parameter("CasterId", required=True)
_SCENE = Parameter("SceneId", required=True)
_REGION = Parameter("RegionId")

SIMULATED: dict[str, Simulated] = {
    "DescribeCasters": Simulated(
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
        ram_level="get",
    ),
    "DescribeCasterScenes": Simulated(
        parameters=(_CASTER, Parameter("SceneId"), _REGION),
        errors=(
            "InvalidCasterId.Malformed",
            "InvalidSceneId.Malformed",
            "IllegalOperation",
            "InvalidCaster.NotFound",
            "InvalidDomainName.NotFound",
            "InternalError",
        ),
        ram_level="get",
    ),
    "DescribeCasterSceneAudio": Simulated(
        parameters=(_CASTER, _SCENE, _REGION),
        errors=(
            "InvalidCasterId.Malformed",
            "IllegalOperation",
            "InvalidCaster.NotFound",
            "InvalidScene.NotFound",
            "InternalError",
        ),
        ram_level="get",
    ),
    "DescribeCasterConfig": Simulated(
        parameters=(_CASTER, _REGION),
        errors=(
            "InvalidCasterId.Malformed",
            "IllegalOperation",
            "InvalidCaster.NotFound",
            "InternalError",
        ),
        ram_level="get",
    ),
    "DescribeCasterLayouts": Simulated(
        parameters=(_CASTER, Parameter("LayoutId"), _REGION),
        errors=(
            "InvalidCasterId.Malformed",
            "IllegalOperation",
            "InvalidCaster.NotFound",
            "InternalError",
        ),
        ram_level="get",
    ),
    "DescribeCasterComponents": Simulated(
        parameters=(_CASTER, Parameter("ComponentId"), _REGION),
        errors=(
            "InvalidCasterId.Malformed",
            "IllegalOperation",
            "InvalidCaster.NotFound",
            "InternalError",
        ),
        ram_level="get",
    ),
    "StartCaster": Simulated(
        parameters=(_CASTER, _REGION),
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
        ram_level="update",
    ),
    "StopCaster": Simulated(
        parameters=(_CASTER, _REGION),
        errors=(
            "IncorrectSceneStatus",
            "InvalidCasterId.Malformed",
            "IllegalOperation",
            "InvalidCaster.NotFound",
            "InvalidScene.NotFound",
            "InternalError",
        ),
        ram_level="update",
    ),
    "StartCasterScene": Simulated(
        parameters=(_CASTER, _SCENE, _REGION),
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
        ram_level="update",
    ),
    "StopCasterScene": Simulated(
        parameters=(_CASTER, _SCENE, _REGION),
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
        ram_level="update",
    ),
    "CopyCasterSceneConfig": Simulated(
        parameters=(_CASTER, Parameter("FromSceneId", required=True), Parameter("ToSceneId", required=True), _REGION),
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
        ram_level="get",
    ),
    "SetCasterSceneConfig": Simulated(
        parameters=(_CASTER, _SCENE, Parameter("ComponentId", form="list"), Parameter("LayoutId"), _REGION),
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
        ram_level="update",
    ),
    "UpdateCasterSceneConfig": Simulated(
        parameters=(
            _CASTER,
            Parameter("LayoutId", required=True),
            _SCENE,
            Parameter("ComponentId", form="list"),
            _REGION,
        ),
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
        ram_level="update",
    ),
    "EffectCasterUrgent": Simulated(
        parameters=(_CASTER, _SCENE, _REGION),
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
        ram_level="get",
    ),
}
