#!/bin/bash
# Entry point of the PostgreSQL image. Keeps to what users of the official image rely on:
#   POSTGRES_PASSWORD_FILE or POSTGRES_PASSWORD   needed for the first start
#   POSTGRES_USER (postgres)  POSTGRES_DB (the user's name)  POSTGRES_INITDB_ARGS  PGDATA
#   /docker-entrypoint-initdb.d/*.sql and *.sh, run once
#   arguments that begin with '-' go to the server
set -euo pipefail

fail() {
	echo "postgres image: $*" >&2
	exit 1
}

# A value from NAME or from the file that NAME_FILE names, not both.
value() {
	local name=$1 file_name=${1}_FILE fallback=${2-}
	if [[ -n ${!name-} && -n ${!file_name-} ]]; then
		fail "$name and $file_name are both set: want one of them"
	fi
	if [[ -n ${!file_name-} ]]; then
		[[ -r ${!file_name} ]] || fail "$file_name names ${!file_name}, which can't be read"
		cat -- "${!file_name}"
	else
		printf '%s' "${!name-$fallback}"
	fi
}

# The rest of this script as the user postgres, with the password in a file of that user's.
drop_root() {
	install -d -o postgres -g postgres -m 0700 "$PGDATA"
	install -d -o postgres -g postgres -m 2775 /run/postgresql
	# Not -R on each start: a large database would wait for it.
	[[ $(stat -c %U "$PGDATA") == postgres ]] || chown -R postgres:postgres "$PGDATA"
	local password
	password=$(value POSTGRES_PASSWORD)
	unset POSTGRES_PASSWORD POSTGRES_PASSWORD_FILE
	if [[ -n $password && ! -s $PGDATA/PG_VERSION ]]; then
		POSTGRES_PASSWORD_FILE=/dev/shm/.postgres-password
		(umask 077 && rm -f "$POSTGRES_PASSWORD_FILE" && printf '%s' "$password" >"$POSTGRES_PASSWORD_FILE")
		chown postgres:postgres "$POSTGRES_PASSWORD_FILE"
		export POSTGRES_PASSWORD_FILE
	fi
	exec setpriv --reuid=postgres --regid=postgres --init-groups -- "$0" "$@"
}

# Makes the database in a folder of its own and moves it into place at the end, PG_VERSION last: a start that was
# interrupted is begun anew instead of leaving half a database.
first_start() {
	local user db password staging=$PGDATA/.staging
	user=$(value POSTGRES_USER postgres)
	db=$(value POSTGRES_DB "$user")
	password=$(value POSTGRES_PASSWORD)
	[[ -n $password ]] || fail "the first start needs a password: set POSTGRES_PASSWORD_FILE to a file that holds it"

	local left
	left=$(find "$PGDATA" -mindepth 1 -maxdepth 1 ! -name lost+found ! -name .staging ! -name .moving)
	if [[ -n $left && ! -e $PGDATA/.moving ]]; then
		fail "PGDATA $PGDATA is not empty and holds no database: empty it, or mount the right volume"
	fi
	find "$PGDATA" -mindepth 1 -maxdepth 1 ! -name lost+found ! -name .moving -exec rm -rf {} +
	mkdir -m 0700 "$staging"

	local pwfile=/dev/shm/.initdb-password
	(umask 077 && printf '%s\n' "$password" >"$pwfile")
	# shellcheck disable=SC2086 # several arguments are wanted
	initdb -D "$staging" --username="$user" --pwfile="$pwfile" --encoding=UTF8 \
		--auth-local=trust --auth-host=scram-sha-256 ${POSTGRES_INITDB_ARGS-}
	rm -f "$pwfile"
	printf "\nlisten_addresses = '*'\n" >>"$staging/postgresql.conf"
	printf '\nhost all all all scram-sha-256\n' >>"$staging/pg_hba.conf"

	# On a socket of its own, so that no health check takes it for the database.
	local socket
	socket=$(mktemp -d)
	pg_ctl -D "$staging" -w -t 60 -l "$staging/start.log" -o "-c listen_addresses='' -k $socket" start >/dev/null || fail "$(cat "$staging/start.log")"
	export PGHOST=$socket
	if [[ $db != postgres ]]; then
		psql -X -v ON_ERROR_STOP=1 -U "$user" -d postgres -v db="$db" -v owner="$user" -q <<<'CREATE DATABASE :"db" OWNER :"owner";'
	fi
	local script
	for script in /docker-entrypoint-initdb.d/*; do
		case $script in
		*.sql) psql -X -v ON_ERROR_STOP=1 -U "$user" -d "$db" -q -f "$script" ;;
		*.sh) POSTGRES_USER=$user POSTGRES_DB=$db bash "$script" ;;
		esac
	done
	pg_ctl -D "$staging" -w -t 60 -m fast stop >/dev/null
	unset PGHOST
	rm -rf "$socket" "$staging/start.log"

	touch "$PGDATA/.moving"
	find "$staging" -mindepth 1 -maxdepth 1 ! -name PG_VERSION -exec mv -t "$PGDATA" {} +
	sync
	mv "$staging/PG_VERSION" "$PGDATA/PG_VERSION"
	rm -rf "$staging" "$PGDATA/.moving"
}

[[ ${1-} == -* || $# == 0 ]] && set -- postgres "$@"
if [[ $1 == postgres ]]; then
	if [[ $(id -u) == 0 ]]; then
		drop_root "$@"
	fi
	[[ -s $PGDATA/PG_VERSION ]] || first_start
	# The file is drop_root's own; one that was mounted stays.
	[[ ${POSTGRES_PASSWORD_FILE-} != /dev/shm/* ]] || rm -f "$POSTGRES_PASSWORD_FILE"
	unset POSTGRES_PASSWORD POSTGRES_PASSWORD_FILE
	set -- "$@" -D "$PGDATA"
fi
exec "$@"
