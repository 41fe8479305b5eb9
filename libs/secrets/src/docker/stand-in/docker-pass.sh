#!/bin/sh
# A stand-in for Docker Desktop's `docker pass`, which exists on desktops only. It behaves as the tool's sources do (github.com/docker/secrets-engine):
# set reads standard input, get masks without --reveal, ls lists on standard error, rm complains of what is not there.
# Each entry is a file in the folder STAND_IN_ENTRIES, its slashes written as plus signs. Arguments and variable names of every call go to STAND_IN_CALLS.
printf '%s\n' "$*" >> "$STAND_IN_CALLS"
env | cut -d= -f1 >> "$STAND_IN_CALLS"
fail() { printf '%s\n' "$1" >&2; exit 1; }
file_of() { printf '%s/%s' "$STAND_IN_ENTRIES" "$(printf %s "$1" | tr / +)"; }

[ "$STAND_IN_MODE" = no-plugin ] && fail "docker: unknown command: docker $1"
[ "$1" = pass ] || fail "docker: unknown command: docker $1"
[ "$STAND_IN_MODE" = broken ] && fail "Error: keychain is locked"
[ "$STAND_IN_MODE" = hangs ] && exec sleep 60
case "$2" in
  set)
    case "$3" in *=*) fail "the stand-in refuses a value in an argument" ;; esac
    file="$(file_of "$3")"
    umask 077
    cat > "$file.$$" && mv "$file.$$" "$file"
    ;;
  get)
    reveal="$STAND_IN_MODE"
    id="$3"
    if [ "$3" = --reveal ]; then
      [ "$STAND_IN_MODE" = before-2026 ] && fail "unknown flag: --reveal"
      reveal=yes
      id="$4"
    fi
    file="$(file_of "$id")"
    [ -f "$file" ] || fail "Error: secret not found"
    printf 'ID: %s\nValue: ' "$id"
    if [ -n "$reveal" ]; then cat "$file"; else printf '**********'; fi
    printf '\n'
    ;;
  ls) for file in "$STAND_IN_ENTRIES"/*; do [ -f "$file" ] && basename "$file" | tr + / >&2; done; exit 0 ;;
  rm)
    file="$(file_of "$3")"
    if [ ! -f "$file" ]; then printf 'ERR: %s: secret not found\n' "$3"; fail "Error: secret not found"; fi
    rm "$file"
    printf 'RM: %s\n' "$3"
    ;;
esac
