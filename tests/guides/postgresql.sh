# shellcheck shell=bash
# Sourced by tests/guides/run: docs/backup.md over PostgreSQL. What is replaced: the database's host and port, and the directory of
# backups. Passwords are in a password file, as the page has it.

as_postgres() { # COMMAND...: PostgreSQL refuses to run as root.
  if [ "$(id -u)" -eq 0 ]; then
    (cd /tmp && runuser --user postgres -- env PATH="$(echo /usr/lib/postgresql/*/bin | tr ' ' ':'):$PATH" "$@")
  else
    PATH="$(echo /usr/lib/postgresql/*/bin | tr ' ' ':'):$PATH" "$@"
  fi
}

# A PostgreSQL with TLS that lets nobody in without a password.
start_database() { # DIRECTORY
  database="$1/postgres" database_port="$(shuf -i 20000-32000 -n 1)"
  install -d -m 0700 "$database" && chmod 0711 "$scratch" "$1"
  [ "$(id -u)" -ne 0 ] || chown postgres: "$database"
  printf 'of the superuser\n' >"$1/superuser.password"
  as_postgres initdb --pgdata="$database" --username=postgres --auth=scram-sha-256 --pwfile=/dev/stdin --encoding=UTF8 --locale=C.UTF-8 \
    <"$1/superuser.password" >"$1/initdb.log" || { cat "$1/initdb.log"; return 1; }
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -days 30 -subj /CN=db.example.com -keyout "$1/db.key" -out "$1/db.pem" \
    2>/dev/null
  as_postgres tee "$database/server.key" <"$1/db.key" >/dev/null && as_postgres chmod 0600 "$database/server.key"
  as_postgres tee "$database/server.crt" <"$1/db.pem" >/dev/null
  as_postgres pg_ctl --pgdata="$database" --silent --wait --log="$database/log" \
    --options="-c listen_addresses=127.0.0.1 -c port=$database_port -c unix_socket_directories= -c ssl=on" start
}

end_database() {
  [ -z "$database" ] || as_postgres pg_ctl --pgdata="$database" --silent --wait --mode=immediate stop
  database=
}

# The settings of a node, and what its operator has at hand.
write_settings() { # DIRECTORY
  local place="Host=127.0.0.1;Port=$database_port;Database=codesigning"
  cat >"$1/settings" <<END_SETTINGS
export PGPASSFILE='$1/pgpass' PGPORT=$database_port OWNER_PASSWORD=of-the-owner SERVICE_PASSWORD=of-the-service
export CODESIGNING_DB='$place;Username=codesigning_service;Password=of-the-service'
export CODESIGNING_DB_MIGRATE='$place;Username=codesigning_owner;Password=of-the-owner'
export CODESIGNING_SILO_ADDRESS=127.0.0.1 CODESIGNING_SILO_PORT=$(shuf -i 20000-32000 -n 1) CODESIGNING_DATA='${2:-$1/data}'
END_SETTINGS
  (umask 077 && printf '127.0.0.1:*:*:%s\n' "postgres:$(cat "$1/superuser.password")" codesigning_owner:of-the-owner >"$1/pgpass")
}

do_as_written() { # DIRECTORY COMMANDS: those of the page
  [ -n "$2" ] || { echo 'The page has no such commands.'; return 1; }
  sed -E "s,/(backup|secure)/,$1/\1/,g; s/db\.example\.com/127.0.0.1/g; s/port=5432/port=$database_port/" <<<"$2" >"$1/commands"
  (cd "$1" && bash -e -c '. ./settings; owner="host=127.0.0.1 port=$PGPORT dbname=codesigning user=codesigning_owner sslmode=require"; set -x; . ./commands') 2>&1
}

start_node() { # DIRECTORY
  (cd "$1" && . ./settings && CODESIGNING_URLS="http://127.0.0.1:$port" exec dotnet "$root/gateway/bin/Release/net10.0/gateway.dll") >"$1/server.log" 2>&1 &
  server=$!
  await_server "$1"
}

signs_on() { # DIRECTORY: with the signer of the tour
  start_node "$1" || return
  (cd "$1" && bash -e -c '. ./session; eval "$1"' - "$(block_of "$root/README.md" sh 'dgst -sha256 -verify')") | tee "$1/signed"
  end_server
  grep -q 'Verified OK' "$1/signed"
}

follow_the_database() {
  local directory page="$scratch/postgresql.md" port database='' database_port empty
  port="$(shuf -i 20000-32000 -n 1)" directory="$(mktemp -d "$scratch/database.XXXXXX")"
  sed -n '/^## PostgreSQL$/,/^## An older store$/p' "$root/docs/backup.md" >"$page"
  make_tree "$directory" || return
  start_database "$directory" && write_settings "$directory" || return
  dump_and_restore || { end_server; end_database; return 1; }
  end_database
  restore_elsewhere || { end_database; return 1; }
  end_database
}

dump_and_restore() {
  empty="$(block_of "$page" sh 'RENAME TO codesigning_before_restore')"
  do_as_written "$directory" "$(block_of "$page" sh 'roles\.sql')" || return
  start_node "$directory" && take_tour "$directory" "http://127.0.0.1:$port" || return
  do_as_written "$directory" "$(block_of "$page" sh '^pg_dump ')" || return
  do_as_written "$directory" "$(block_of "$page" sh 'run backup')" || return
  end_server
  signs_on "$directory" || return # What neither backup has.
  do_as_written "$directory" "$empty" && do_as_written "$directory" "$(block_of "$page" sh '^pg_restore ')" || return
  ! start_node "$directory" || return
  do_as_written "$directory" "$(commands_of "$root/docs/backup.md" '## An older store' '## Another master key')" || return
  signs_on "$directory" || return
  # Sealed: on a machine that has nothing of it.
  do_as_written "$directory" 'psql --host=db.example.com --username=postgres --command="DROP DATABASE codesigning_before_restore"' || return
  write_settings "$directory" "$directory/other-data"
  do_as_written "$directory" "$empty" && do_as_written "$directory" "$(block_of "$page" sh 'run restore')" || return
  signs_on "$directory" && cmp "$directory/data/master.key" "$directory/other-data/master.key" || return
  block_of "$root/docs/backup.md" sql VACUUM >"$directory/rewrite.sql" && block_of "$root/docs/backup.md" sql CHECKPOINT >"$directory/flush.sql"
  do_as_written "$directory" 'psql "$owner" -v ON_ERROR_STOP=1 --file=rewrite.sql; psql --host=db.example.com --username=postgres -v ON_ERROR_STOP=1 --file=flush.sql'
}

# A server that has neither roles nor database.
restore_elsewhere() {
  rm -rf "$directory/postgres"
  start_database "$directory" || return
  write_settings "$directory" "$directory/third-data"
  install -d -m 0700 "$directory/third-data" && cp "$directory/data/master.key" "$directory/third-data/" || return
  do_as_written "$directory" "$(block_of "$page" sh 'roles\.sql')" || return
  do_as_written "$directory" "$(block_of "$page" sh '^pg_restore ')" && signs_on "$directory"
}
