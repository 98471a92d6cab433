#!/bin/sh
# Starts PostgreSQL; on an empty volume it first makes the cluster, the role and the database.
# Runs as any user that owns or may write the volume. The same variables as the official image:
# POSTGRES_USER, POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE, POSTGRES_DB, PGDATA.
set -eu
umask 077

: "${PGDATA:=/var/lib/postgresql/data/pgdata}"
: "${POSTGRES_USER:=postgres}"
: "${POSTGRES_DB:=$POSTGRES_USER}"
sockets=/run/postgresql
unfinished="$PGDATA.unfinished"

password() {
  if [ -n "${POSTGRES_PASSWORD_FILE:-}" ]; then
    cat "$POSTGRES_PASSWORD_FILE"
  else
    printf '%s' "${POSTGRES_PASSWORD:?POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE is needed on an empty volume}"
  fi
}

# A first start that was killed half way leaves no PGDATA behind, so the next one starts afresh.
create_cluster() {
  rm -rf "$unfinished"
  secret=$(mktemp)
  password >"$secret"
  initdb --pgdata="$unfinished" --username="$POSTGRES_USER" --pwfile="$secret" \
    --auth-local=trust --auth-host=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8
  rm -f "$secret"
  echo 'host all all all scram-sha-256' >>"$unfinished/pg_hba.conf"
  if [ "$POSTGRES_DB" != postgres ]; then
    printf 'CREATE DATABASE "%s";\n' "$(printf '%s' "$POSTGRES_DB" | sed 's/"/""/g')" |
      postgres --single -D "$unfinished" -c log_min_messages=warning postgres >/dev/null
  fi
  mkdir -p "$(dirname "$PGDATA")"
  mv "$unfinished" "$PGDATA"
}

[ -s "$PGDATA/PG_VERSION" ] || create_cluster

# The environment of the server is readable by whoever reads /proc; it needs no password there.
unset POSTGRES_PASSWORD
exec postgres -D "$PGDATA" -c listen_addresses='*' -c unix_socket_directories="$sockets" "$@"
