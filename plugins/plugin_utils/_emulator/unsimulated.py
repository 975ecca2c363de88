# Copyright (c) apsara.live contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PRIVATE. Operations of the service that this emulator does not simulate. Names only.

Source: the operation pages of ApsaraVideo Live 2016-11-01, production studios.
"""

from __future__ import annotations

UNSIMULATED = frozenset(
    {
        "AddCasterComponent",
        "AddCasterEpisode",
        "AddCasterEpisodeGroup",
        "AddCasterEpisodeGroupContent",
        "AddCasterLayout",
        "AddCasterProgram",
        "AddCasterVideoResource",
        "CopyCaster",
        "CreateCaster",
        "DeleteCaster",
        "DeleteCasterComponent",
        "DeleteCasterEpisode",
        "DeleteCasterEpisodeGroup",
        "DeleteCasterLayout",
        "DeleteCasterProgram",
        "DeleteCasterSceneConfig",
        "DeleteCasterVideoResource",
        "DescribeCasterChannels",
        "DescribeCasterProgram",
        "DescribeCasterStreamUrl",
        "DescribeCasterVideoResources",
        "EffectCasterVideoResource",
        "ModifyCasterComponent",
        "ModifyCasterEpisode",
        "ModifyCasterLayout",
        "ModifyCasterProgram",
        "ModifyCasterVideoResource",
        "RestartCaster",
        "SetCasterChannel",
        "SetCasterConfig",
        "UpdateCasterResourceGroup",
        "UpdateCasterSceneAudio",
    }
)
