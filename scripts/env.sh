# Sourced by the other scripts: where everything is that they install, all of it in .dev.
# shellcheck shell=bash
checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
dev=$checkout/.dev
mkdir -p "$dev/tmp" "$dev/cache"
export TMPDIR=$dev/tmp
export UV_PYTHON_INSTALL_DIR=$dev/pythons UV_TOOL_DIR=$dev/tools UV_NO_CONFIG=1
export PYTHONDONTWRITEBYTECODE=1 HYPOTHESIS_STORAGE_DIRECTORY=$dev/cache/hypothesis
unset VIRTUAL_ENV PYTHONHOME PYTHONPATH
# Setting up must not rely on the environment, which it makes: what it holds comes later.
export PATH=$dev/bootstrap/bin:$PATH

use_environment() { export PATH=$dev/venv/bin:$PATH; }
say() { printf '==> %s\n' "$*" >&2; }
