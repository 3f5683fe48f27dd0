# shellcheck shell=bash
# Progress of a long script: every step says what it does, which command it runs and how long that took.
# Sourced; the caller sets `steps_dir` (where the output of the running step is kept) and may set `steps_log`, the log
# of the program whose last lines help when a step fails.
# shellcheck disable=SC2034,SC2119,SC2120,SC2154

steps_started=$EPOCHREALTIME

seconds_since() { awk -v from="$1" -v to="$EPOCHREALTIME" 'BEGIN {printf "%.1f", to - from}'; }

say() { printf '%s\n' "$*"; }

# The command as a user would type it: the options that only shape the output for this script are left out.
command_line() {
    local text="$*"
    text=${text// -f value -c id/}
    say "    \$ ${text//$PWD\//}"
}

fail_step() {
    say "    FAILED after $(seconds_since "$step_started") s: $step_title"
    if [ -s "$steps_dir/step.out" ]; then
        say "    ---- what the step printed"
        tail -n 30 "$steps_dir/step.out"
    fi
    if [ -s "${steps_log:-}" ]; then
        say "    ---- last 30 lines of $steps_log"
        tail -n 30 "$steps_log"
    fi
    exit 1
}

begin_step() {
    step_title=$1
    step_started=$EPOCHREALTIME
    : >"$steps_dir/step.out"
    say "==> $step_title"
}

end_step() { say "    ${1:-done} ($(seconds_since "$step_started") s)"; }

# step TITLE COMMAND...: runs it with its output kept in step.out.
step() {
    begin_step "$1"
    shift
    command_line "$@"
    "$@" >"$steps_dir/step.out" 2>&1 || fail_step
    end_step
}

# step_shown TITLE COMMAND...: the same, with the output on the screen: builds, installations, tables.
step_shown() {
    begin_step "$1"
    shift
    command_line "$@"
    "$@" || fail_step
    end_step
}

# begin_wait SECONDS TITLE: a step that waits, and for how long at most. The limits are many times what a quiet machine
# takes: reaching one is a fault, not a slow machine.
begin_wait() { begin_step "$2 (at most $1 s)"; }

# step_within SECONDS TITLE COMMAND...: as step, for a command that waits.
step_within() {
    local limit=$1
    begin_wait "$limit" "$2"
    shift 2
    command_line "$@"
    timeout --kill-after=5 "$limit" "$@" >"$steps_dir/step.out" 2>&1 || {
        [ $? != 124 ] || say "not done within $limit s" >>"$steps_dir/step.out"
        fail_step
    }
    end_step
}

# wait_until SECONDS COMMAND...: tries the command every half a second. Status 1 when the time is over, 2 at once when
# the command says (by status 2) that waiting is pointless.
wait_until() {
    local end=$((SECONDS + $1)) status dots=0
    shift
    while :; do
        status=0
        "$@" || status=$?
        if [ "$status" = 0 ] || [ "$status" = 2 ] || [ $SECONDS -ge $end ]; then
            [ $dots = 0 ] || printf '\n'
            return "$status"
        fi
        [ $dots != 0 ] || printf '    '
        printf .
        dots=1
        sleep 0.5
    done
}
