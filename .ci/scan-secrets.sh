#!/usr/bin/env bash
# Looks for the canary secret of the tests in everything that they have written: plain, percent-encoded, in base64, in JSON escapes, in UTF-16.
#
#   .ci/scan-secrets.sh FOLDER...    prints the files that hold it and returns 1; checks itself first, on a copy of each form
set -euo pipefail

# Not in one piece, so that this file does not hold it.
canary=zq9"CANARY"q9z

every_byte() { local format=$1 text=$2 i; for ((i = 0; i < ${#text}; i++)); do printf "$format" "'${text:i:1}"; done; }

# Three ways in which base64 can cut it; the first and last letters depend on the neighbours and are left out.
base64_forms() {
  local skip
  for skip in 0 1 2; do
    printf '%*s%s' "$skip" '' "$canary" | base64 -w 0 | cut -c$((skip == 0 ? 1 : skip + 2))-$((4 * ((${#canary} + skip) / 3)))
  done
}

# One extended regular expression for each form; letters in either case, because escapes may be.
patterns() {
  printf '%s\n' "$canary"
  every_byte '%%%02x' "$canary"; echo
  every_byte '\\\\u%04x' "$canary"; echo
}

scan() {
  local found=no file
  while IFS= read -r file; do
    if grep -aiqE -f <(patterns) "$file" || grep -aqF -f <(base64_forms) "$file" ||
      tr -d '\000' <"$file" | grep -aiqF "$canary"; then
      printf 'the secret of the tests is in %s\n' "$file" >&2
      found=yes
    fi
  done < <(find "$@" -type f)
  [ "$found" = no ]
}

self_check() {
  local folder form failed=no
  folder=$(mktemp -d)
  printf 'x%sx' "$canary" >"$folder/plain"
  every_byte '%%%02X' "$canary" >"$folder/percent"
  every_byte '\\u%04X' "$canary" >"$folder/json"
  printf 'a:%s@h' "$canary" | base64 -w 0 >"$folder/base64-2"
  printf 'abc%s@h' "$canary" | base64 -w 0 >"$folder/base64-0"
  printf 'a%s@h' "$canary" | base64 -w 0 >"$folder/base64-1"
  printf '%s' "$canary" | iconv -t UTF-16LE >"$folder/utf16le"
  printf '%s' "$canary" | iconv -t UTF-16BE >"$folder/utf16be"
  for form in "$folder"/*; do
    if scan "$form" 2>/dev/null; then
      printf 'the scanner does not find the form %s\n' "$(basename "$form")" >&2
      failed=yes
    fi
  done
  printf 'zq9 CANARY q9z' >"$folder/clean"
  scan "$folder/clean" 2>/dev/null || { printf 'the scanner finds what is not there\n' >&2; failed=yes; }
  rm -rf "$folder"
  [ "$failed" = no ]
}

self_check
scan "$@"
