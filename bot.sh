#!/usr/bin/env bash
# The operator's hand: brings the environment up to date where that is due, then hands over to `python -m mindfleet.cli`.
set -euo pipefail

self=${BASH_SOURCE[0]}
while [[ -L $self ]]; do # to the checkout, through any number of symbolic links
    link=$(readlink "$self")
    [[ $link == /* ]] || link=$(dirname "$self")/$link
    self=$link
done
root=$(cd -P "$(dirname "$self")" && pwd)
python=$root/.venv/bin/python
own=$root/.mindfleet
stamp=$root/.venv/.built-from

say() { printf '%s\n' "$*" >&2; }

# What the environment is made of; another checkout's, or that of an older version, does not match.
sources() {
    printf '%s\n' "$root"
    cat "$root/pyproject.toml" "$root/requirements.lock" | cksum
}

is_current() { [[ -x $python && -f $stamp && $(<"$stamp") == "$(sources)" ]]; }

find_python() {
    local name
    for name in python3.13 python3.12 python3.11 python3; do
        if "$name" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    say 'bot.sh: there is no Python 3.11, 3.12 or 3.13 with its venv module on PATH.'
    say 'Install one, on Debian and Ubuntu: apt install python3 python3-venv; then run the command again.'
    return 69
}

# The uv of the machine, or one in a private environment.
find_uv() {
    if uv venv --clear --help >/dev/null 2>&1; then # an old one does not know this option
        command -v uv
        return
    fi
    if [[ ! -x $own/uv/bin/uv ]]; then
        say "Fetching uv into $own/uv …"
        "$1" -m venv --clear "$own/uv" >&2 || return
        "$own/uv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$root/locks/build.lock" >&2 || return
    fi
    printf '%s\n' "$own/uv/bin/uv"
}

why_not() {
    (($1 == 0 || $1 == 69 || $1 > 128)) && return # it is built, or has been told why not, or was stopped
    say "bot.sh: the environment could not be built in $root; why is above. It needs leave to write there and, once, PyPI:"
    say 'behind a proxy set HTTPS_PROXY, and SSL_CERT_FILE if that has certificates of its own; then run the command again.'
}

build() ( # a subshell: what it opens is closed behind it
    trap 'why_not $?' EXIT
    base=$(find_python)
    (umask 077 && mkdir -p "$own")
    exec 9>"$own/setup.lock"
    "$base" -c 'import fcntl; fcntl.flock(9, fcntl.LOCK_EX)' # ours until this subshell ends
    if is_current; then exit; fi # somebody else has just done it
    uv=$(find_uv "$base")
    say "Building the environment in $root/.venv …"
    export UV_PYTHON_DOWNLOADS=never
    if [[ ! -f $stamp ]] || ! "$python" -c '' 2>/dev/null; then
        "$uv" venv --quiet --clear --python "$base" "$root/.venv"
    fi
    : >"$stamp" # half a build must not pass for a whole one
    "$uv" pip sync --quiet --python "$python" --require-hashes "$root/requirements.lock"
    "$uv" pip install --quiet --python "$python" --no-deps --build-constraints "$root/locks/build.lock" --editable "$root"
    sources >"$stamp"
)

if ! is_current; then build; fi
exec "$python" -P -m mindfleet.cli "$@"
