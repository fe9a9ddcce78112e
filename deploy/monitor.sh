#!/usr/bin/env bash
# Watches a proxy's health and says what has changed. Needs bash 3.2 and curl; uses jq where
# there is one. The tests hold it to what macOS has: nothing newer than bash 3.2.
set -u -o pipefail

usage() {
  cat <<'END'
Usage: monitor.sh [OPTION]...

Asks a Claude Code Proxy for its health, and prints a line when it changes: time (UTC),
state, reason, remedy. The states are those of /health (healthy, unhealthy, error) and
unreachable, where nobody gives a whole answer in time.

  --url URL          the proxy's address (default: http://localhost:8000)
  --interval SECS    between two questions (default: 30)
  --timeout SECS     for a whole answer (default: 5)
  --failures N       bad answers in a row before it speaks (default: 2)
  --successes N      healthy answers in a row before it speaks (default: 1)
  --on-change CMD    run CMD by sh at a change, with STATE, REASON, REMEDY and SINCE (UTC)
                     in its environment; it has a minute. A first state that is healthy
                     is no change.
  --once             ask once, print the state, and exit
  --quiet            print nothing
  --help             print this

Exit codes: 0 healthy, 1 unhealthy or error, 2 unreachable (with --once); 64 wrong
options, 69 no curl. Without --once it ends by a signal: 130 (Ctrl-C), 143 (SIGTERM).
END
}

refuse() { # exit code, sentence
  printf 'monitor.sh: %s\n' "$2" >&2
  exit "$1"
}

readonly LARGEST=16384 # bytes of an answer; ours have less than 10 KiB
readonly PATIENCE=60 # seconds for the command
readonly CONTROL='\000-\037\177'
# Five strings of the body in one line, without what a terminal would obey.
readonly STRINGS='[.service, .status, .error, (.details | .code?, .remedy?)]
  | map((strings // "") | explode | map(if . < 32 or . == 127 then 32 else . end) | implode)
  | join("\u001f")'
url=http://localhost:8000 interval=30 timeout=5 failures=2 successes=1
on_change='' once='' quiet=''

read_options() {
  local name value
  while [ $# -gt 0 ]; do
    name=${1%%=*}
    case $name in
      --help | -h) usage && exit 0 ;;
      --once | --quiet) [ "$name" = "$1" ] || refuse 64 "$name takes no value." ;;
      --url | --interval | --timeout | --failures | --successes | --on-change)
        if [ "$name" != "$1" ]; then value=${1#*=}
        elif [ $# -gt 1 ]; then value=$2 && shift
        else refuse 64 "$name needs a value."; fi ;;
      *) refuse 64 "Unknown option $1; see --help." ;;
    esac
    case $name in
      --once) once=yes ;;
      --quiet) quiet=yes ;;
      --url) url=${value%/} && url=${url%/health} ;;
      --on-change) on_change=$value ;;
      --interval | --timeout) check "$name" "$value" '^[0-9]{1,6}(\.[0-9]{1,3})?$' ;;
      *) check "$name" "$value" '^[0-9]{1,6}$' ;;
    esac
    shift
  done
}

check() { # option, value, pattern: set the variable of that name to a number above 0
  [[ $2 =~ $3 && $2 =~ [1-9] ]] || refuse 64 "$1: $2 is no number above 0."
  printf -v "${1#--}" %s "$2"
}

read_body() { # set service, status, reason, code and remedy
  local name
  if [ -n "$jq" ]; then
    IFS=$'\037' read -r service status reason code remedy \
      < <(printf %s "$body" | jq -r "$STRINGS" 2>/dev/null)
    return 0
  fi
  for name in service status code remedy; do string "$name" "$name"; done
  string error reason
}

string() { # name, variable: set it to this string of the body
  local pattern="\"$1"'" *: *"(([^"\\]|\\.)*)"' quote='"' slash=\\ text=""
  [[ ! $body =~ $pattern ]] || text=${BASH_REMATCH[1]//"${slash}n"/ }
  text=${text//"$slash$quote"/$quote}
  printf -v "$2" %s "${text//"$slash$slash"/$slash}"
}

ask() { # set state, reason, remedy and key: what makes one state another
  local answer failed='' body http service status code curls='curl: \([0-9]+\) (.*[^ ])'
  # No proxy: an answer from a cache would be about another moment.
  answer=$(curl -q -gsS --noproxy '*' --proto =http,https --max-time "$timeout" \
    -w ' %{http_code}' "$url/health" 2>&1 | head -c "$LARGEST" | LC_ALL=C tr "$CONTROL" ' ') \
    || failed=yes
  body=${answer% *} http=${answer##* }
  read_body
  key=$status.$code state=$status
  if [ "$service" != claude-proxy ] || [ -n "$failed" ]; then
    state=unreachable key=unreachable
    reason="What answers at $url is not claude-proxy (HTTP status $http)"
    [[ ! ${answer% [0-9][0-9][0-9]} =~ $curls ]] || reason=${BASH_REMATCH[1]}
    remedy="See whether claude-proxy runs and listens there: $url."
  elif [ "$status" != healthy ]; then
    [ "$status" = error ] || state=unhealthy
  elif [ "$http" != 200 ]; then
    state=unhealthy reason="HTTP status $http, while the body says healthy" key=$http
    remedy="See what stands between here and $url."
  fi
}

tell() { # print what the state is now
  [ -n "$quiet" ] || printf '%s %s%s\n' "$since" "$state" "${reason:+: $reason. }$remedy"
}

run_command() { # in a process group of its own, which ends when its time is over
  local pid guard
  set -m
  STATE=$state REASON=$reason REMEDY=$remedy SINCE=$since sh -c "$on_change" </dev/null &
  pid=$!
  (sleep "$PATIENCE" && kill -KILL -- "-$pid") >/dev/null 2>&1 </dev/null &
  guard=$!
  set +m
  { wait "$pid"; kill -KILL -- "-$guard"; wait "$guard"; } 2>/dev/null # bash tells of both
}

end() { # signal: leave nothing behind, and end as by that signal
  local pid
  for pid in $(jobs -p); do
    kill -TERM -- "-$pid" 2>/dev/null || kill -TERM "$pid" 2>/dev/null
  done
  trap - "$1"
  kill "-$1" $$
}

now() { date -u +%Y-%m-%dT%H:%M:%SZ; }

watch() { # ask for ever; speak once a new state has been seen often enough
  local told='' told_state='' pending='' streak=0 seen need first
  while :; do
    ask
    need=$failures seen=bad
    case $state,$told_state in
      healthy,*) need=$successes seen=healthy ;;
      *,unhealthy | *,error | *,unreachable) seen=$key ;;
    esac
    [ "$seen" = "$pending" ] || { pending=$seen streak=0 first=$(now); }
    streak=$((streak + 1))
    if [ "$key" != "$told" ] && [ "$streak" -ge "$need" ]; then
      since=$first
      tell
      [ -z "$on_change" ] || [ "$told_state,$state" = ,healthy ] || run_command
      told=$key told_state=$state
    fi
    sleep "$interval" &
    wait $!
  done
}

read_options "$@"
command -v curl >/dev/null || refuse 69 'curl is needed.'
jq=$(command -v jq) || jq=''
if [ -n "$once" ]; then
  ask
  since=$(now)
  tell
  case $state in healthy) exit 0 ;; unreachable) exit 2 ;; *) exit 1 ;; esac
fi
trap 'end INT' INT
trap 'end TERM' TERM
watch
