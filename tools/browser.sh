#!/bin/sh
# Makes sure that there is a Chromium for the end-to-end tests: Debian's, where it can be installed. Its shell without
# windows saves most tests three quarters of what a browser costs; where there is none the browser does it all.
set -eu

has_browser() {
  for name in chromium chromium-browser google-chrome google-chrome-stable; do
    if command -v "$name" >/dev/null 2>&1; then return 0; fi
  done
  if [ "$(uname -s)" = Darwin ]; then
    for application in "Google Chrome" Chromium; do
      if [ -d "/Applications/$application.app" ]; then return 0; fi
    done
  fi
  return 1
}

install() {
  apt-get install --yes --no-install-recommends -o Acquire::http::Timeout=30 "$1" >>"$log" 2>&1 </dev/null
}

if has_browser && command -v chromium-headless-shell >/dev/null 2>&1; then exit 0; fi
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
  echo "installing chromium for the end-to-end tests"
  log=$(mktemp)
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -o Acquire::http::Timeout=30 >"$log" 2>&1 </dev/null || true
  if ! has_browser && ! install chromium; then
    tail -n 5 "$log" >&2
    echo "chromium could not be installed; apt-get's own words are above and in $log" >&2
    exit 1
  fi
  install chromium-headless-shell || echo "there is no chromium-headless-shell here; the tests will take longer" >&2
  rm -f "$log"
  exit 0
fi
if has_browser; then exit 0; fi
echo "The end-to-end tests need Chromium or Google Chrome on PATH: install it (on Debian: apt-get install chromium)," >&2
echo "or leave those tests out with \`make test-fast\`." >&2
exit 1
