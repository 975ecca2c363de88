# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. The known error codes and what each of them means. Data only, one row per code or family.

Source of the codes: the operation pages of ApsaraVideo Live 2016-11-01 and the common errors of Alibaba Cloud RPC APIs.
Many codes are documented by name only. Their sentences say so instead of guessing.
"""

from __future__ import annotations

from typing import NamedTuple

from .kind import Kind


class Meaning(NamedTuple):
    """One error code: `sentence` says what happened, `hint` what an operator can do, `kind` is one of Kind.

    `temporary`: what there is to do besides where a temporary key was used; it would mislead whoever has a key pair.
    """

    code: str
    sentence: str
    hint: str
    kind: Kind = Kind.FAILURE
    temporary: str = ""


_BY_NAME = "Only the name of this code is documented."
ASK_SUPPORT = "If that does not help, give the request id to Alibaba Cloud support."
_SCENE_READ = "Read the studio with apsara.live.caster_scene_info"
_CASTER_READ = "List the studios with apsara.live.caster_info"
_CONSOLE = "in the console of ApsaraVideo Live"
_UNSENT = "The modules of this collection do not send this parameter; look at the tool that made the call."

# Codes that this collection makes itself.
OWN_CODES = (
    Meaning(
        "ExpectationNotMet",
        "The program scene does not show what `expect` says, so somebody may have taken first.",
        "Look at `before` to see what is on air. Decide anew, then set `expect` to that and run the task again.",
    ),
    Meaning(
        "ExpectationMissing",
        "The program scene is changed only where `expect` says what it must show now, so that nobody's take is undone.",
        "Look at the program, say in `expect` what it shows, and run the task again.",
    ),
    Meaning(
        "PreviewChanged",
        "The preview scene is not what `expect_preview` says, so somebody may have changed it after it was reviewed.",
        "Look at the preview again. If it is right as it is now, set `expect_preview` to that and run the task again.",
    ),
    Meaning(
        "SceneIsProgram",
        "The scene is the program scene, which viewers see, and the task is meant for a preview scene.",
        "Give the id of the preview (PVW) scene, or leave `scene_id` out.",
    ),
    Meaning(
        "SceneIsPreview",
        "The scene is a preview scene, and the task is meant for the program scene, which viewers see.",
        "Give the id of the program (PGM) scene, or leave `scene_id` out.",
    ),
    Meaning(
        "WrongBus",
        "A take goes from the preview scene to the program scene, and these two ids do not say that.",
        "Give the PVW scene as `from_scene_id` and the PGM scene as `to_scene_id`, or leave both out.",
    ),
    Meaning(
        "AmbiguousScene",
        "The studio does not have exactly one scene of the wanted kind, or two scenes have one id, so the task cannot "
        "choose.",
        "Name the scene by its id. The message lists the scenes of the studio. Where two have one id, use the console.",
    ),
    Meaning(
        "EmptySource",
        "The preview scene has neither a layout nor components. A take would put nothing on air.",
        "Prepare the preview scene first. Set `allow_empty: true` only when an empty picture is what you want.",
    ),
    Meaning(
        "CueMissed",
        "The cue is past by more than `max_late`. Nothing was put on air.",
        "Set a new `at`, or raise `max_late` if a late take is still right. Schedulers run late, so start jobs early.",
    ),
    Meaning(
        "CueTooFar",
        "The cue is further away than `max_wait`.",
        "Check the date and the zone of `at`. Start the task later, or raise `max_wait`.",
    ),
    Meaning(
        "ClockChanged",
        "The clock of the machine was set back while the task waited for its cue. Nothing was put on air.",
        "Check that the clock is right now and what is on air, then take again, with a cue or without one.",
    ),
    Meaning(
        "ReadingTooSlow",
        "The service needed more than a second for each of three reads, and a write leaves only on a younger one.",
        "Run it again. If the service stays slow, check the network path and the region of `endpoint`.",
    ),
    Meaning(
        "PlayGone",
        "The play that started the task was interrupted before its write left. Nothing was written.",
        "Look at what is on air, then run the play again.",
    ),
    Meaning(
        "TaskTimeout",
        "The task took longer than its keyword `timeout` or ANSIBLE_TASK_TIMEOUT allows.",
        "Look at `error.outcome`. If it is `unknown`, look at the program output before anything else. Give the task "
        "more time: more than `api_deadline` and `wait_timeout` together, and the wait for a cue.",
    ),
    Meaning(
        "ModuleFailed",
        "The process of the module ended without a result of its own, or could not be started.",
        "Look at `error.outcome`. If it is `unknown`, look at the program output before anything else. Then check the "
        "interpreter and the machine.",
    ),
    Meaning(
        "WaitTimeout",
        "The service accepted the call, but the studio did not reach the wanted state within `wait_timeout`.",
        f"{_SCENE_READ} and look at the picture before you repeat anything. Raise `wait_timeout` if needed.",
    ),
    Meaning(
        "DeadlineExceeded",
        "The time allowed by `api_deadline` ran out before the service gave a usable answer.",
        "Check the network path to the service and whether the account is throttled. Raise `api_deadline` if needed.",
    ),
    Meaning(
        "NoCredentials",
        "There are no credentials to sign the call with.",
        "Give `access_key_id` and `access_key_secret`, a `profile` or an `ecs_role_name`, or export "
        "`ALIBABA_CLOUD_ACCESS_KEY_ID` and `ALIBABA_CLOUD_ACCESS_KEY_SECRET` where the module runs. "
        "To try without an account, run apsara.live.hold_rehearsal.",
    ),
    Meaning(
        "InvalidOption",
        "An option has a value that cannot be used. The message names it, and nothing was sent.",
        "Correct the option and run the task again.",
    ),
    Meaning(
        "ConnectionFailed",
        "The service could not be reached, or the connection broke.",
        "Check name resolution, firewall, `proxy` or HTTPS_PROXY, and for certificate errors `ca_path`.",
    ),
    Meaning(
        "InvalidAnswer",
        "Something answered, but not in the form that the service uses.",
        "A proxy or another server may have answered in its place. Check `endpoint` and `proxy`. "
        "After a write, read the studio before you repeat it.",
        Kind.LOST,
    ),
    Meaning(
        "UnexpectedError",
        "The task ended by an error that it does not know, such as a machine without memory or threads.",
        "Look at `error.outcome`. If it is `unknown`, look at the program output before anything else. Then check the "
        "machine, or report this with the message.",
        Kind.LOST,
    ),
    Meaning(
        "MissingLibrary",
        "This identity needs a Python package that is not installed where the module runs.",
        "Install alibabacloud-credentials 1.0.9 or newer for the Python that runs the module, or use a key pair.",
    ),
)

# Codes that any RPC API of Alibaba Cloud may answer, and the gateway in front of them.
COMMON_CODES = (
    Meaning(
        "Throttling",
        "The service has more calls than it takes at the moment and did not carry out this one.",
        "The call may be repeated. Run fewer tasks at once, or start them further apart.",
        Kind.THROTTLED,
    ),
    Meaning(
        "Throttling.User",
        "The account makes more calls than it may and this one was not carried out.",
        "The limit counts all RAM users and all machines of the account together. Look for other jobs, lower `forks`, "
        "and repeat.",
        Kind.THROTTLED,
    ),
    Meaning(
        "Throttling.Api",
        "This operation is called more often than the account may and this call was not carried out.",
        "The limit counts all RAM users and all machines of the account together. Look for other jobs, lower `forks`, "
        "and repeat.",
        Kind.THROTTLED,
    ),
    Meaning(
        "Throttling.ConcurrentLimitExceeded",
        "Too many calls of the account are at work at the same time and this one was not carried out.",
        "The call may be repeated. Lower `forks`, or wait for the other jobs to end.",
        Kind.THROTTLED,
    ),
    Meaning(
        "ThrottlingException",
        "The account makes too many calls and this one was not carried out.",
        "The call may be repeated. Run fewer tasks at once.",
        Kind.THROTTLED,
    ),
    Meaning(
        "Rejected.Throttling",
        "The account makes too many calls and this one was not carried out.",
        "The call may be repeated. Run fewer tasks at once.",
        Kind.THROTTLED,
    ),
    Meaning(
        "FlowControl",
        "The service limits the rate of calls and did not carry out this one.",
        "The call may be repeated. Run fewer tasks at once.",
        Kind.THROTTLED,
    ),
    Meaning(
        "FlowControlError",
        "The service limits the rate of calls and did not carry out this one.",
        "The call may be repeated. Run fewer tasks at once.",
        Kind.THROTTLED,
    ),
    Meaning(
        "ServiceBusy",
        "The service is busy with the same resource and did not carry out this call.",
        "Wait some seconds and repeat. If it stays so, look who else is changing this studio or its domain.",
        Kind.BUSY,
    ),
    Meaning(
        "SystemBusy",
        "The service is busy and did not carry out this call.",
        "Wait some seconds and repeat.",
        Kind.BUSY,
    ),
    Meaning(
        "SystemUpgrading",
        "The service is being upgraded and did not carry out this call.",
        "Wait and repeat. Look at the service status page of Alibaba Cloud if it lasts.",
        Kind.BUSY,
    ),
    Meaning(
        "LockFail",
        "Something else is changing the same resource, so this call was not carried out.",
        "Wait some seconds and repeat. Look for another job or operator at work on this studio.",
        Kind.BUSY,
    ),
    Meaning(
        "LockFailed",
        "Something else is changing the same resource, so this call was not carried out.",
        "Wait some seconds and repeat. Look for another job or operator at work on this studio.",
        Kind.BUSY,
    ),
    Meaning(
        "Conflict.LockFailed",
        "Something else is changing the same resource, so this call was not carried out.",
        "Wait some seconds and repeat. Look for another job or operator at work on this studio.",
        Kind.BUSY,
    ),
    Meaning(
        "ServiceUnavailable",
        "The service is not available at the moment. The call was probably not carried out.",
        "Repeat after some seconds. After a take, look at the program scene first.",
        Kind.UNAVAILABLE,
    ),
    Meaning(
        "InternalError",
        "The service failed on its side. Whether the call was carried out is not known.",
        f"{_SCENE_READ} to see what is true, then repeat if needed. {ASK_SUPPORT}",
        Kind.LOST,
    ),
    Meaning(
        "SignatureNonceUsed",
        "The service has already seen this very request, so something on the way delivered it twice. "
        "What became of the first copy is not known.",
        f"{_SCENE_READ} to see what is true. Look for a proxy on the way that repeats requests.",
        Kind.LOST,
    ),
    Meaning(
        "InvalidTimeStamp.Expired",
        "The clock of this machine and the clock of the service are more than 15 minutes apart.",
        "Correct the clock of the machine where the module runs, for example with chrony or systemd-timesyncd.",
        Kind.CLOCK,
    ),
    Meaning(
        "InvalidTimeStamp.Format",
        "The service could not read the time stamp of the request.",
        "A proxy may have changed the request headers. Try without it, then report this as a bug of the collection.",
    ),
    Meaning(
        "SignatureDoesNotMatch",
        "The signature of the request does not fit the access key.",
        "Nearly always the secret is wrong: check that `access_key_secret` belongs to `access_key_id` and was pasted "
        "whole. A proxy that changes requests has the same effect.",
    ),
    Meaning(
        "IncompleteSignature",
        "A part of the signature did not reach the service.",
        "A proxy may have removed request headers. Try without it, then report this as a bug of the collection.",
    ),
    Meaning(
        "InvalidSignatureMethod",
        "The service does not accept this way of signing.",
        "Check that `endpoint` is an address of ApsaraVideo Live.",
    ),
    Meaning(
        "InvalidAccessKeyId.NotFound",
        "The service does not know this access key.",
        "Check `access_key_id` for typing errors and whether the key was deleted.",
        temporary="An STS key also answers like this after it expired: get a new one.",
    ),
    Meaning(
        "InvalidAccessKeyId.Inactive",
        "This access key is switched off.",
        "Activate the access key in the RAM console, or use another one.",
    ),
    Meaning(
        "InvalidSecurityToken.Expired",
        "The STS token has expired.",
        "Get a new access key, secret and token from STS, all three. With `assume_role` or a profile that is done for "
        "you.",
    ),
    Meaning(
        "InvalidSecurityToken.Malformed",
        "The STS token is not in the form that the service knows.",
        "Check that `security_token` was pasted whole, without quotes or line ends.",
    ),
    Meaning(
        "InvalidSecurityToken.MismatchWithAccessKey",
        "The STS token does not belong to this access key.",
        "Access key, secret and token must come from one and the same STS answer. For a permanent access key leave "
        "`security_token` out.",
    ),
    Meaning(
        "MissingSecurityToken",
        "This access key is a temporary one and needs its STS token.",
        "Give `security_token`, from the same STS answer as the access key.",
    ),
    Meaning(
        "NoPermission",
        "RAM does not allow this identity to make this call.",
        "Add the missing action to a policy of this RAM user or role. An explicit Deny in another policy wins over it.",
        Kind.DENIED,
    ),
    Meaning(
        "Forbidden",
        "This identity may not make this call on this resource.",
        "Add the missing action to a policy of this RAM user or role, and check that the studio is in this account.",
        Kind.DENIED,
    ),
    Meaning(
        "Forbidden.RAM",
        "RAM does not allow this identity to make this call.",
        "Add the missing action to a policy of this RAM user or role. An explicit Deny in another policy wins over it.",
        Kind.DENIED,
    ),
    Meaning(
        "InvalidIdentity.ServiceDisabled",
        "ApsaraVideo Live is switched off for this account.",
        f"Look at the state of the service {_CONSOLE}; overdue payment is the usual reason.",
    ),
    Meaning(
        "InvalidDomain.NotFound",
        "The account has no such streaming domain.",
        f"Check the domain of the studio {_CONSOLE}.",
    ),
    Meaning(
        "ConfigAlreadyExists",
        "What the call wanted to create is already there.",
        "Read the present configuration before you change anything.",
    ),
    Meaning(
        "RegionNoResource",
        "There is nothing of that kind in this region.",
        f"Check `region_id` and the studio id. {_CASTER_READ}.",
    ),
    Meaning(
        "InvalidParameter",
        "The service does not accept a value.",
        "The message of the service usually names it. Check the ids that the task gives.",
    ),
    Meaning(
        "InvalidApi.NotFound",
        "The service at this address does not know this operation.",
        "Check that `endpoint` is an address of ApsaraVideo Live, normally live.aliyuncs.com.",
    ),
    Meaning(
        "InvalidProduct.NotFound",
        "The server at this address does not serve ApsaraVideo Live.",
        "Check that `endpoint` is an address of ApsaraVideo Live, normally live.aliyuncs.com.",
    ),
    Meaning(
        "InvalidProtocol.NeedSsl",
        "The service takes HTTPS only.",
        "Give `endpoint` without http://, or with https://.",
    ),
    Meaning(
        "UnsupportedHTTPMethod",
        "The service does not take this kind of HTTP request.",
        "A redirect or a proxy may have changed the request. Check `endpoint` and `proxy`.",
    ),
)

# Codes that the pages of the production studio operations list.
STUDIO_CODES = (
    Meaning(
        "CanvasNotExist",
        f"The service misses a canvas. {_BY_NAME}",
        f"Check that the studio has a resolution set {_CONSOLE}. {ASK_SUPPORT}",
    ),
    Meaning(
        "CasterNumberExceed",
        "The account has as many studios as it may have.",
        "Delete a studio that nobody uses, or ask Alibaba Cloud for a higher quota.",
    ),
    Meaning(
        "ComponentNumberExceed",
        "The scene would have more components than a scene may have.",
        "Put fewer components on the scene.",
    ),
    Meaning(
        "CreateCaster.Timeout",
        "The service did not finish creating the studio in time. Whether it was created is not known.",
        f"{_CASTER_READ} first. A repeat must carry the same client token, or there may be two studios.",
        Kind.LOST,
    ),
    Meaning(
        "DuplicateLocationID",
        "Another object of the studio already has this position.",
        "Choose a free position, or remove what is there.",
    ),
    Meaning(
        "EpisodeConflict.Malformed",
        f"An episode does not fit with another one. {_BY_NAME}",
        "Compare the times of the episodes of this studio for overlaps.",
    ),
    Meaning(
        "IllegalOperation",
        "This account may not work on this studio.",
        "Check that the studio id belongs to the account of this access key. If it does, check the RAM policy.",
    ),
    Meaning(
        "IncorrectCasterStatus",
        "The studio is in a state that does not allow this.",
        f"{_CASTER_READ}: is this one idle or streaming? Start or stop it as the work needs.",
    ),
    Meaning(
        "IncorrectCasterStatus.Cease",
        "By its name: the studio is suspended, for example for overdue payment.",
        "Check the bills of the account, then the studio in the console.",
    ),
    Meaning(
        "IncorrectCasterStatus.EnableChannel",
        "By its name: channel mode can only be switched on while the studio is idle.",
        "Stop the studio first. Note that channel mode cannot be reversed and removes the layouts.",
    ),
    Meaning(
        "IncorrectCasterStatus.Expire",
        "By its name: the studio was paid for in advance and has expired.",
        "Renew the studio in the console, or create one that is billed by use.",
    ),
    Meaning(
        "IncorrectCasterStatus.Idle",
        "The studio is idle.",
        "Start the studio in the console before the show. Billing begins when it streams.",
    ),
    Meaning(
        "IncorrectCasterStatus.Inuse",
        "The studio is already streaming.",
        "Nothing to do if you wanted it to stream. Otherwise stop it first.",
    ),
    Meaning(
        "IncorrectChannel.Disable",
        "By its name: the call needs channel mode, and the studio does not use it.",
        f"Look at the channel mode of the studio {_CONSOLE}.",
    ),
    Meaning(
        "IncorrectEndTime",
        f"The service does not accept the end time. {_BY_NAME}",
        f"Check that the end lies after the start and is written as UTC. {_UNSENT}",
    ),
    Meaning(
        "IncorrectEpisodeStatus",
        f"The episode is in a state that does not allow this. {_BY_NAME}",
        f"Look at the playlist {_CONSOLE}.",
    ),
    Meaning(
        "IncorrectSceneStatus",
        "A scene is in a state that does not allow this. Older pages say: the scene is not started.",
        f"{_SCENE_READ}: are the studio and both scenes on? Start what is off, then repeat.",
    ),
    Meaning(
        "IncorrectSceneStatus.ConfigError",
        "An earlier change left the scene with a broken configuration.",
        "Set the layout of the scene anew in the console. The vendor's advice is to restart the studio; "
        "that interrupts what is on air.",
    ),
    Meaning(
        "IncorrectSceneStatus.Idle",
        "By its name: a scene is off.",
        f"{_SCENE_READ}: which scene is off, and is the studio streaming? Start it, then repeat.",
    ),
    Meaning(
        "IncorrectSceneStatus.Inuse",
        "The scene is already on.",
        "Nothing to do if you wanted it on.",
    ),
    Meaning(
        "IncorrectSceneStatus.Waiting",
        "By its name: the scene is still changing its state.",
        f"Wait some seconds. {_SCENE_READ}, then repeat.",
    ),
    Meaning(
        "IncorrectStartTime",
        f"The service does not accept the start time. {_BY_NAME}",
        f"Check that it lies before the end and is written as UTC. {_UNSENT}",
    ),
    Meaning(
        "InvaildCaster.Delete",
        "By its name: this studio cannot be deleted.",
        "Check that the studio is idle and not locked in the console.",
    ),
    Meaning(
        "InvalidAudioLayersAndMixListSize.Mismatch",
        "The audio layers and the list of mixed sources differ in length.",
        "Give exactly one audio layer for each mixed source.",
    ),
    Meaning(
        "InvalidAudioLayersConfig",
        f"The service does not accept the audio layers. {_BY_NAME}",
        "Check the audio of the layout in the console: volume, channel and delay of each layer.",
    ),
    Meaning(
        "InvalidBlendList.ExceedNorm",
        f"The list of blended pictures goes beyond what this kind of studio allows. {_BY_NAME}",
        "Use fewer pictures in the layout.",
    ),
    Meaning(
        "InvalidCaptionResource",
        "By its name: a caption component uses a source that cannot be captioned.",
        "Check the source of the caption component in the console.",
    ),
    Meaning(
        "InvalidCaster.ChannelDisableUnsupported",
        "The studio is in channel mode, and the call would have switched that off, which is not possible.",
        "Every later change of the studio's configuration must name channel mode again.",
    ),
    Meaning(
        "InvalidCaster.NotFound",
        "The account has no studio with this id.",
        f"Check `caster_id`. {_CASTER_READ}; another account or region has other studios.",
    ),
    Meaning(
        "InvalidCasterId.Malformed",
        "By its name: the studio id is missing or badly formed.",
        f"Copy `caster_id` whole from the console. {_CASTER_READ}.",
    ),
    Meaning(
        "InvalidCasterTemplate.Malformed",
        f"The service does not accept the resolution template. {_BY_NAME}",
        f"Set the resolution of the studio anew {_CONSOLE}.",
    ),
    Meaning(
        "InvalidCasterTemplate.NotFound",
        "By its name: the studio has no resolution template.",
        f"Set the resolution of the studio {_CONSOLE} before you start it.",
    ),
    Meaning(
        "InvalidChannelId.Malformed",
        f"The service does not accept the channel id. {_BY_NAME}",
        "Channel ids are RV01 to RV12. Check which channels the studio uses.",
    ),
    Meaning(
        "InvalidChargeType.Malformed",
        "The service does not accept the way of billing.",
        "New studios are billed by use only (PostPaid).",
    ),
    Meaning(
        "InvalidChargeType.PostSupport",
        f"The way of billing does not fit. {_BY_NAME}",
        "New studios are billed by use only (PostPaid).",
    ),
    Meaning(
        "InvalidClientToken.Malformed",
        f"The service does not accept the client token. {_BY_NAME}",
        "A client token has at most 64 ASCII characters.",
    ),
    Meaning(
        "InvalidComponent.NotFound",
        "By its name: the studio has no such component.",
        f"Somebody may have deleted it. {_SCENE_READ} and compare the component ids.",
    ),
    Meaning(
        "InvalidConfiguration.NotFound",
        "By its name: a part of the studio's configuration is missing.",
        f"Check domain, resolution, layout and sources of the studio {_CONSOLE}.",
    ),
    Meaning(
        "InvalidDelay.NotFound",
        "By its name: the delay of the studio is not configured.",
        f"Set the broadcast delay of the studio {_CONSOLE}.",
    ),
    Meaning(
        "InvalidDomainName.NotFound",
        "The studio has no streaming domain yet, so its scenes cannot be read or started.",
        f"Set the domain of the studio {_CONSOLE}.",
    ),
    Meaning(
        "InvalidEndTime.Malformed",
        f"The service does not accept the end time. {_BY_NAME}",
        f"Times are written as UTC, for example 2026-01-31T20:00:00Z. {_UNSENT}",
    ),
    Meaning(
        "InvalidEpisode.NotFound",
        f"The playlist has no such episode. {_BY_NAME}",
        f"Look at the playlist {_CONSOLE}.",
    ),
    Meaning(
        "InvalidHeightOrWidthNormalized",
        f"The service does not accept a height or a width. {_BY_NAME}",
        "Normalised sizes lie between 0 and 1.",
    ),
    Meaning(
        "InvalidLayout.NotFound",
        "The studio has no such layout.",
        f"Somebody may have deleted it. {_SCENE_READ}, then give the scene a layout that exists.",
    ),
    Meaning(
        "InvalidLayoutId.Malformed",
        "By its name: the layout id is missing or badly formed.",
        f"Copy the layout id whole. {_SCENE_READ}.",
    ),
    Meaning(
        "InvalidLiveStreamUrl.Malformed",
        "The address of a live source is empty or badly formed.",
        f"Check the live sources of the studio {_CONSOLE}.",
    ),
    Meaning(
        "InvalidMaterialId.Malformed",
        "The id of a piece of media is empty or badly formed.",
        f"Check the file sources of the studio {_CONSOLE}.",
    ),
    Meaning(
        "InvalidMixList.ExceedNorm",
        f"The list of mixed sounds goes beyond what this kind of studio allows. {_BY_NAME}",
        "Mix fewer sources.",
    ),
    Meaning(
        "InvalidNormType.Malformed",
        "The service does not accept the kind of studio.",
        f"Choose a kind of studio that is offered {_CONSOLE}.",
    ),
    Meaning(
        "InvalidPageNum.Malformed",
        f"The service does not accept the page number. {_BY_NAME}",
        "Page numbers begin at 1. Report this as a bug if a module of this collection made the call.",
    ),
    Meaning(
        "InvalidPageSize.Malformed",
        f"The service does not accept the page size. {_BY_NAME}",
        "Try a smaller page. Report this as a bug if a module of this collection made the call.",
    ),
    Meaning(
        "InvalidParameter.ChargeType",
        f"The service does not accept the way of billing. {_BY_NAME}",
        "Check the value of the filter or leave it out.",
    ),
    Meaning(
        "InvalidParameter.EndTime",
        "The service does not accept the end time. In a playlist: an entry is longer than its file.",
        "Times are written as UTC, for example 2026-01-31T20:00:00Z, and the end lies after the start.",
    ),
    Meaning(
        "InvalidParameter.ExpireTime",
        f"The service does not accept the time of expiry. {_BY_NAME}",
        f"Times are written as UTC, for example 2026-01-31T20:00:00Z. {_UNSENT}",
    ),
    Meaning(
        "InvalidParameter.Malformed",
        "The service does not accept the form of a value.",
        "The message of the service may name it. Check the ids that the task gives for blanks and missing parts.",
    ),
    Meaning(
        "InvalidParameter.NormType",
        f"The service does not accept the kind of studio. {_BY_NAME}",
        "Check the value of the filter or leave it out.",
    ),
    Meaning(
        "InvalidParameter.PageNum",
        f"The service does not accept the page number. {_BY_NAME}",
        "Page numbers begin at 1. Report this as a bug if a module of this collection made the call.",
    ),
    Meaning(
        "InvalidParameter.PageSize",
        f"The service does not accept the page size. {_BY_NAME}",
        "Try a smaller page. Report this as a bug if a module of this collection made the call.",
    ),
    Meaning(
        "InvalidParameter.PlayStatus",
        f"The service does not accept the state of playing. {_BY_NAME}",
        _UNSENT,
    ),
    Meaning(
        "InvalidParameter.PurchaseTime",
        f"The service does not accept the time of purchase. {_BY_NAME}",
        f"Times are written as UTC, for example 2026-01-31T20:00:00Z. {_UNSENT}",
    ),
    Meaning(
        "InvalidParameter.SeekOffset",
        f"The service does not accept the position in the file. {_BY_NAME}",
        f"Check that it lies within the length of the file. {_UNSENT}",
    ),
    Meaning(
        "InvalidParameter.StartTime",
        f"The service does not accept the start time. {_BY_NAME}",
        "Times are written as UTC, for example 2026-01-31T20:00:00Z. Correct the filter or leave it out.",
    ),
    Meaning(
        "InvalidParameter.Status",
        f"The service does not accept the state to filter by. {_BY_NAME}",
        "A studio is idle or streaming. Correct the filter or leave it out.",
    ),
    Meaning(
        "InvalidPeriod.Malformed",
        "The service does not accept the time that is paid for.",
        "New studios are billed by use only, without a period.",
    ),
    Meaning(
        "InvalidPositionNormalized.Malformed",
        "A position must be two numbers.",
        "Give the distances from left and from top, each between 0 and 1.",
    ),
    Meaning(
        "InvalidResource.NotFound",
        "The studio has no such input source.",
        f"Somebody may have deleted it. Check the input sources of the studio {_CONSOLE}.",
    ),
    Meaning(
        "InvalidResourceId.Malformed",
        "By its name: the id of an input source is missing or badly formed.",
        f"Copy the id whole from the list of input sources {_CONSOLE}.",
    ),
    Meaning(
        "InvalidScene.NotFound",
        "The studio has no scene with this id.",
        f"{_SCENE_READ} to see the scenes that exist. A studio that was never started has none.",
    ),
    Meaning(
        "InvalidSceneId.Malformed",
        "The scene id is missing or badly formed, or the scene is not of the kind that the call takes.",
        f"Copy the scene id whole. {_SCENE_READ} and check that preview and program are not exchanged.",
    ),
    Meaning(
        "InvalidShowList.EmptyList",
        "By its name: the studio plays a list, and the list is empty.",
        "Add an entry to the playlist before you start the studio.",
    ),
    Meaning(
        "InvalidStartTime.Malformed",
        f"The service does not accept the start time. {_BY_NAME}",
        f"Times are written as UTC, for example 2026-01-31T20:00:00Z. {_UNSENT}",
    ),
    Meaning(
        "InvalidStatus.Malformed",
        f"The service does not accept a state. {_BY_NAME}",
        "Correct the filter or leave it out.",
    ),
    Meaning(
        "InvalidTranscode.NotFound",
        "By its name: the studio has no transcoding configured.",
        f"Set the output of the studio {_CONSOLE} before you start it.",
    ),
    Meaning(
        "InvalidUrgentMaterial.NotFound",
        "The studio has no slate.",
        f"Choose the slate of the studio, a picture or a film, {_CONSOLE}, well before the show.",
    ),
    Meaning(
        "InvalidUserId.Malformed",
        "By its name: there is something wrong with the account id.",
        f"Check that the access key belongs to the account that owns the studio. {ASK_SUPPORT}",
    ),
    Meaning(
        "InvalidVideo.NotFound",
        "By its name: a video is missing. What exactly triggers this code is not known.",
        f"Check the file sources of the studio {_CONSOLE}.",
    ),
    Meaning(
        "InvalidVideoLayersAndBlendListSize.Mismatch",
        "The video layers and the list of blended pictures differ in length.",
        "Give exactly one video layer for each blended picture.",
    ),
    Meaning(
        "InvalidVideoLayersConfig",
        f"The service does not accept the video layers. {_BY_NAME}",
        "Check size and position of each picture in the layout.",
    ),
    Meaning(
        "InvalidVodUrl.Malformed",
        f"The service does not accept the address of a file source. {_BY_NAME}",
        f"Check the file sources of the studio {_CONSOLE}.",
    ),
    Meaning(
        "LiveServiceNotFound",
        "By its name: ApsaraVideo Live is not activated for this account.",
        "Activate ApsaraVideo Live in the console, or check that the access key belongs to the right account.",
    ),
    Meaning(
        "MissingParameter",
        "A value that the operation needs did not reach the service.",
        "Report this as a bug if a module of this collection made the call; the message of the service may name it.",
    ),
    Meaning(
        "ResourceInChannel.Invalid",
        f"In channel mode, a source of a channel cannot be used. {_BY_NAME}",
        f"Check the channels of the studio and their sources {_CONSOLE}. {ASK_SUPPORT}",
    ),
    Meaning(
        "ResourceInChannel.NotFound",
        f"In channel mode, a source is missing from its channel. {_BY_NAME}",
        f"Check the channels of the studio and their sources {_CONSOLE}. {ASK_SUPPORT}",
    ),
    Meaning(
        "ResourceInChannel.PreConditionFailed",
        f"In channel mode, a source of a channel is not ready. {_BY_NAME}",
        f"Check that the sources of the channels play {_CONSOLE}. {ASK_SUPPORT}",
    ),
    Meaning(
        "ResourceNumberExceed",
        "The studio would have more sources than it has input channels.",
        "Remove a source that the show does not need.",
    ),
    Meaning(
        "ResourceOfChannelExist",
        "This source is already bound to a channel.",
        "Use the channel that has it, or free it there first.",
    ),
    Meaning(
        "SceneNumberExceed",
        "By its name: the studio has too many scenes.",
        f"{_SCENE_READ}. {ASK_SUPPORT}",
    ),
    Meaning(
        "SwitchTypeInvalid.Malformed",
        f"The service does not accept the way of switching episodes. {_BY_NAME}",
        _UNSENT,
    ),
    Meaning(
        "UnexpectedLocationID",
        f"The service does not accept a position. {_BY_NAME}",
        "Positions are RV01 and up for sources, RC01 and up for components.",
    ),
    Meaning(
        "UserQuotaExceed",
        "By its name: a quota of the account is used up.",
        "Stop studios or scenes that nobody uses, or ask Alibaba Cloud for a higher quota.",
    ),
)

MEANINGS: dict[str, Meaning] = {meaning.code: meaning for meaning in OWN_CODES + COMMON_CODES + STUDIO_CODES}

# The same code may say something else as the answer to one operation.
MEANINGS_BY_ACTION: dict[tuple[str, str], Meaning] = {
    ("StopCasterScene", "IncorrectSceneStatus.Idle"): Meaning(
        "IncorrectSceneStatus.Idle",
        "The scene is already off.",
        "Nothing to do.",
        Kind.NOOP,
    ),
    ("StopCasterScene", "IncorrectSceneStatus"): Meaning(
        "IncorrectSceneStatus",
        "The scene is in a state that does not allow a stop. Most likely it is already off.",
        f"{_SCENE_READ}: if the preview scene is off, there is nothing to do.",
    ),
    ("StopCasterScene", "InvalidSceneId.Malformed"): Meaning(
        "InvalidSceneId.Malformed",
        "The scene id is missing or badly formed, or it is the program scene, which cannot be stopped.",
        f"{_SCENE_READ} and give the id of the preview scene.",
    ),
    ("StartCasterScene", "IncorrectSceneStatus.Inuse"): Meaning(
        "IncorrectSceneStatus.Inuse",
        "The scene is already on.",
        "Nothing to do.",
        Kind.NOOP,
    ),
    ("StartCasterScene", "IncorrectSceneStatus"): Meaning(
        "IncorrectSceneStatus",
        "The scene is in a state that does not allow a start. Most likely it is on, or it is the program scene.",
        f"{_SCENE_READ}: if the preview scene is on, there is nothing to do.",
    ),
    ("CopyCasterSceneConfig", "IncorrectSceneStatus.Idle"): Meaning(
        "IncorrectSceneStatus.Idle",
        "By its name: the preview or the program scene is off. The take did not happen.",
        f"{_SCENE_READ}: which scene is off, and is the studio streaming? Start it, then take again.",
    ),
    ("CopyCasterSceneConfig", "IncorrectSceneStatus"): Meaning(
        "IncorrectSceneStatus",
        "A scene is in a state that does not allow a take. Older pages say: the preview scene is not started.",
        f"{_SCENE_READ}: are the studio and both scenes on? Start what is off, then take again.",
    ),
    ("CopyCasterSceneConfig", "InvalidSceneId.Malformed"): Meaning(
        "InvalidSceneId.Malformed",
        "A scene id is missing or badly formed, or preview and program are exchanged.",
        f"{_SCENE_READ}: `from_scene_id` is the PVW scene, `to_scene_id` the PGM scene.",
    ),
    ("DescribeCasters", "IllegalOperation"): Meaning(
        "IllegalOperation",
        "This account may not list studios.",
        "Check that the access key belongs to the right account, and check the RAM policy.",
    ),
}


class Pattern(NamedTuple):
    """A family of codes. `shape` says it for readers, `regex` for the machine; the first that fits wins."""

    shape: str
    regex: str
    sentence: str
    hint: str
    kind: Kind = Kind.FAILURE


PATTERNS = (
    Pattern(
        "*Throttling*",
        r"(?i).*throttling.*",
        "There are too many calls and this one was not carried out.",
        "The call may be repeated. Run fewer tasks at once.",
        Kind.THROTTLED,
    ),
    Pattern(
        "FlowControl*",
        r"(?i)flowcontrol.*",
        "The service limits the rate of calls and did not carry out this one.",
        "The call may be repeated. Run fewer tasks at once.",
        Kind.THROTTLED,
    ),
    Pattern(
        "*.LockFail, *.LockFailed",
        r"(?i)(.+\.)?lockfail(ed)?",
        "Something else is changing the same resource, so this call was not carried out.",
        "Wait some seconds and repeat. Look for another job or operator at work on this studio.",
        Kind.BUSY,
    ),
    Pattern(
        "ServiceUnavailable.*",
        r"(?i)serviceunavailable(\..*)?",
        "The service is not available at the moment. The call was probably not carried out.",
        "Repeat after some seconds. After a take, look at the program scene first.",
        Kind.UNAVAILABLE,
    ),
    Pattern(
        "InternalError.*",
        r"(?i)internalerror(\..*)?",
        "The service failed on its side. Whether the call was carried out is not known.",
        f"{_SCENE_READ} to see what is true, then repeat if needed. {ASK_SUPPORT}",
        Kind.LOST,
    ),
    Pattern(
        "*.Timeout",
        r"(?i).+\.timeout",
        "The service did not finish in time. Whether the call was carried out is not known.",
        f"{_SCENE_READ} to see what is true, then repeat if needed.",
        Kind.LOST,
    ),
    Pattern(
        "Forbidden.*, NoPermission.*",
        r"(?i)(forbidden|nopermission)\..*",
        "This identity may not make this call.",
        "Add the missing action to a policy of this RAM user or role. An explicit Deny in another policy wins over it.",
        Kind.DENIED,
    ),
    Pattern(
        "InvalidSecurityToken.*",
        r"(?i)invalidsecuritytoken(\..*)?",
        "The service does not accept the STS token.",
        "Get a new access key, secret and token from STS, all three.",
    ),
    Pattern(
        "InvalidAccessKeyId.*, InvalidAccessKeySecret.*",
        r"(?i)invalidaccesskey(id|secret)(\..*)?",
        "The service does not accept the access key.",
        "Check `access_key_id` and `access_key_secret`, and the state of the key in the RAM console.",
    ),
    Pattern(
        "*.NotFound",
        r"(?i).+\.notfound",
        "Something that the call names does not exist. By its name, the code tells what.",
        f"{_SCENE_READ} and compare the ids.",
    ),
    Pattern(
        "Missing*",
        r"(?i)missing.+",
        "A value that the operation needs did not reach the service. By its name, the code tells which.",
        "Report this as a bug if a module of this collection made the call.",
    ),
    Pattern(
        "Invalid*",
        r"(?i)invalid.+",
        "The service does not accept a value. By its name, the code tells which.",
        "Check the ids that the task gives for blanks and missing parts.",
    ),
)
