# Sourced by the other scripts: where everything is that they install, all of it in .dev, and how
# they show what they do.
# shellcheck shell=bash
checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
dev=$checkout/.dev
mkdir -p "$dev/tmp" "$dev/cache"
export TMPDIR=$dev/tmp
export UV_PYTHON_INSTALL_DIR=$dev/pythons UV_TOOL_DIR=$dev/tools UV_NO_CONFIG=1
export PYTHONPYCACHEPREFIX=$dev/cache/bytecode HYPOTHESIS_STORAGE_DIRECTORY=$dev/cache/hypothesis
unset VIRTUAL_ENV PYTHONHOME PYTHONPATH
# Setting up must not rely on the environment, which it makes: what it holds comes later.
export PATH=$dev/bootstrap/bin:$PATH

use_environment() { export PATH=$dev/venv/bin:$PATH; }

# Journals sync what they commit, which takes a disk a millisecond, and memory none. Where there is
# little memory for files, as in containers, they stay in .dev/tmp.
use_memory_for_temporary_files() {
  local room folder
  room=$(df --output=avail -k /dev/shm 2>/dev/null | tail -n 1) || return 0
  if ((room > 2000000)) && folder=$(mktemp -d /dev/shm/air-state.XXXXXX); then
    export TMPDIR=$folder
    trap 'rm -rf "$TMPDIR"' EXIT
  fi
}

say() { printf '==> %s\n' "$*" >&2; }

# Runs a command that may take long, and shows that it goes on: for how long it does, and how much
# it has put into those folders. On a terminal that is a line that changes, elsewhere a new line
# now and then. What the command prints is shown only if it fails.
#
#   during TEXT FOLDER… -- COMMAND…
during() {
  local text=$1 folders=() log begun ticker status=0
  shift
  while [[ $1 != -- ]]; do folders+=("$1") && shift; done
  shift
  log=$(mktemp) begun=$(mktemp)
  say "$text"
  _tick "$text" "$begun" "${folders[@]}" &
  ticker=$!
  "$@" >"$log" 2>&1 </dev/null || status=$?
  kill "$ticker" 2>/dev/null || true
  wait "$ticker" 2>/dev/null || true
  [[ ! -t 2 ]] || printf '\r\033[K' >&2
  ((status == 0)) || cat "$log" >&2
  rm -f "$log" "$begun"
  return "$status"
}

# Tells time and amount until it is killed, or the script that started it is gone.
_tick() {
  local text=$1 begun=$2 each=8 before=$SECONDS amount
  shift 2
  [[ ! -t 2 ]] || each=1
  # The pause must not keep a pipe open that somebody reads to its end.
  while sleep "$each" >/dev/null 2>&1 && kill -0 $$ 2>/dev/null; do
    amount=
    # What is new of caches lies near their tops; looking through all of them would take too long.
    if (($#)); then
      amount=$(find "$@" -maxdepth 2 -cnewer "$begun" -print0 2>/dev/null |
        du -cm --files0-from=- 2>/dev/null | tail -n 1)
      amount=${amount%%[^0-9]*}
      amount=", ${amount:-0} MB"
    fi
    if [[ -t 2 ]]; then
      printf '\r\033[K    %d s%s' $((SECONDS - before)) "$amount" >&2
    else
      printf '    %d s%s: %s\n' $((SECONDS - before)) "$amount" "$text" >&2
    fi
  done
}
