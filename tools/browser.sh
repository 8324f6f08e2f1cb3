#!/bin/sh
# Makes sure that there is a Chromium for the end-to-end tests: Debian's, where it can be installed.
set -eu
for name in chromium chromium-browser google-chrome google-chrome-stable; do
  if command -v "$name" >/dev/null 2>&1; then exit 0; fi
done
if [ "$(uname -s)" = Darwin ]; then
  for application in "Google Chrome" Chromium; do
    if [ -d "/Applications/$application.app" ]; then exit 0; fi
  done
fi
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
  echo "installing chromium for the end-to-end tests"
  log=$(mktemp)
  export DEBIAN_FRONTEND=noninteractive
  if { apt-get update && apt-get install --yes --no-install-recommends chromium; } >"$log" 2>&1 </dev/null; then
    rm -f "$log"
    exit 0
  fi
  tail -n 5 "$log" >&2
  echo "chromium could not be installed; apt-get's own words are above and in $log" >&2
  exit 1
fi
echo "The end-to-end tests need Chromium or Google Chrome on PATH: install it (on Debian: apt-get install chromium)," >&2
echo "or leave those tests out with \`make test-fast\`." >&2
exit 1
