# Runs one PostgreSQL server for the tests and makes sure that it ends when they do, however they end.
#
#   sh watchdog.sh FOLDER LEASE LINGER_SECONDS PROGRAM ARGUMENT...
#
# FOLDER  the cluster's folder; `alive` in it is locked (shared) for as long as this runs, `log` is the server's.
# LEASE   empty: the server belongs to one process, which holds the other end of standard input. A line
#         stops the server and keeps the folder; the end of the file (the process is gone, SIGKILL
#         included) stops it and removes the folder.
#         A path: the server is shared; each process that uses it holds a shared lock on this file, and
#         when none has held it for a while the server is stopped and the folder removed.
#
# The first line on standard output is the postmaster's process id. This shell is the postmaster's parent,
# and in a process group of its own, so that what kills the tests' group doesn't kill it.
set -u
folder=$1 lease=$2 linger_seconds=$3
shift 3

exec 9>>"$folder/alive"
flock -s 9

"$@" </dev/null >>"$folder/log" 2>&1 9>&- &
postmaster=$!
echo "$postmaster"
exec >/dev/null 2>&1

order=remove
if [ -n "$lease" ]; then
    while :; do
        flock "$lease" true
        sleep "$linger_seconds"
        exec 8<"$lease"
        # Held until this shell ends: who comes now waits until the server is gone, and starts another.
        if flock -n 8; then break; fi
        exec 8<&-
    done
else
    read -r order || order=remove
fi

# Immediate shutdown: no checkpoint, but the shared memory is given back. CONT, for one that a test stopped.
kill -s QUIT "$postmaster"
kill -s CONT "$postmaster"
wait "$postmaster"
if [ "$order" = remove ]; then rm -rf -- "$folder"; fi
