# SPDX-License-Identifier: AGPL-3.0-or-later
"""The plugin's version; a contract test keeps it equal to the worker's."""

VERSION = "0.1.0"
