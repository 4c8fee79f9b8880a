#!/usr/bin/env bash
# Prints the manifest of an application, whose build script compiles networks with this repository's crates:
#     scripts/figures/manifest.sh NAME
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
cat <<END
[package]
name = "$1"
version = "0.0.0"
edition = "2024"

[dependencies]
archc-runtime = { path = "$root/runtime" }

[build-dependencies]
archc-build = { path = "$root/compiler/build" }

[workspace]
END
