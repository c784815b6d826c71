#!/usr/bin/env bash
# Makes the database, its owner and a role for each service, with the passwords of the environment. The container runs
# it when its volume is empty; after a new service or a new password:
#   docker compose exec postgres bash /docker-entrypoint-initdb.d/roles.sh
set -euo pipefail

services="directory alerts households jobs"
psql=(psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --username="${POSTGRES_USER:-postgres}" --dbname=postgres)

for name in postgres_password shouwang_db_password $(printf '%s_db_password ' $services); do
  variable="${name^^}"
  case "${!variable:-}" in
    "" | replace-*) echo "$variable is not set: python3 deploy/new_env.py makes a .env" >&2 && exit 1 ;;
  esac
done

"${psql[@]}" --output=/dev/null --set=database=shouwang --set=owner=shouwang --set=roles="$services" \
  --file="${ROLES_SQL:-/opt/shouwang/roles.sql}"

for role in shouwang $services; do
  # The password goes from the environment into psql, past every command line that others could read.
  "${psql[@]}" --set=role="$role" <<SQL
\getenv password ${role^^}_DB_PASSWORD
ALTER ROLE :"role" PASSWORD :'password';
SQL
done
