-- Run by psql with the variables `database`, `owner` and `roles` (names with spaces between). Every statement is
-- executed only where it is needed, so an ordinary start writes nothing.

-- Several processes may do this at once. An advisory lock counts within one database, hence a second time below.
SELECT pg_advisory_lock(5399);

SELECT format('CREATE ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS', name)
  FROM unnest(string_to_array(:'owner' || ' ' || :'roles', ' ')) AS name
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) \gexec

SELECT format('CREATE DATABASE %I OWNER %I', :'database', :'owner')
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \gexec

-- PUBLIC may connect to every database and fill it with temporary tables unless told otherwise.
SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', datname)
  FROM pg_database
 WHERE datname IN (:'database', 'postgres', 'template1')
   AND EXISTS (SELECT FROM aclexplode(coalesce(datacl, acldefault('d', datdba))) WHERE grantee = 0) \gexec

-- Temporary tables are where a batch is staged before it is merged (shared/db/bulk.py).
SELECT format('GRANT CONNECT, TEMPORARY ON DATABASE %I TO %I', :'database', name)
  FROM unnest(string_to_array(:'roles', ' ')) AS name
 WHERE NOT (has_database_privilege(name, :'database', 'CONNECT')
            AND has_database_privilege(name, :'database', 'TEMPORARY')) \gexec

\connect :"database"
SELECT pg_advisory_lock(5399);

-- The default since PostgreSQL 15; said here for a folder of older programs.
SELECT 'REVOKE CREATE ON SCHEMA public FROM PUBLIC'
 WHERE EXISTS (SELECT FROM pg_namespace, aclexplode(coalesce(nspacl, acldefault('n', nspowner)))
                WHERE nspname = 'public' AND grantee = 0 AND privilege_type = 'CREATE') \gexec
