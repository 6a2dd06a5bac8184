#!/bin/sh
# Create or update .venv with a suitable Python of this machine; PYTHON=/path/to/python selects one.
# A shell script, so that it can report if every Python is too old.
set -eu

repository=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
candidates=${PYTHON:-"$repository/.venv/bin/python python3 python3.13 python3.12 python3.11 python"}

is_suitable() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' >/dev/null 2>&1
}

version_of() {
    "$1" -c 'import sys; print("%d.%d.%d" % sys.version_info[:3])' 2>/dev/null || echo "not usable"
}

for candidate in $candidates; do
    if is_suitable "$candidate"; then
        exec "$candidate" "$repository/harness/install.py" "$repository"
    fi
done

{
    echo "Python 3.11, 3.12 or 3.13 is required, but none was found:"
    for candidate in $candidates; do
        if command -v "$candidate" >/dev/null 2>&1; then
            echo "  $candidate: $(version_of "$candidate")"
        fi
    done
    echo "Install one of these versions, or specify its path: PYTHON=/path/to/python make ..."
} >&2
exit 1
