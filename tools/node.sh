#!/bin/sh
# Makes sure that there is a Node for the unit tests of the scripts: Debian's, where it can be installed.
set -eu
OLDEST=18 # the first whose own test runner needs no flag
if command -v node >/dev/null 2>&1; then
  major=$(node --version | sed 's/^v\([0-9]*\).*/\1/')
  if [ "$major" -ge "$OLDEST" ]; then exit 0; fi
  echo "node is older than version $OLDEST: $(command -v node)" >&2
  exit 1
fi
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
  echo "installing node for the unit tests of the scripts"
  log=$(mktemp)
  export DEBIAN_FRONTEND=noninteractive
  if { apt-get update && apt-get install --yes --no-install-recommends nodejs; } >"$log" 2>&1 </dev/null; then
    rm -f "$log"
    exit 0
  fi
  tail -n 5 "$log" >&2
  echo "node could not be installed; apt-get's own words are above and in $log" >&2
  exit 1
fi
echo "The unit tests of the scripts need Node $OLDEST or newer on PATH: install it (on Debian: apt-get install nodejs)," >&2
echo "or leave those tests out with \`make test-fast\`." >&2
exit 1
