-- Makes two roles and a database for the server. Run once with psql 14 or later, as a superuser, with both passwords in the
-- environment, where no list of processes shows them:
--   read -r OWNER_PASSWORD; read -r SERVICE_PASSWORD; export OWNER_PASSWORD SERVICE_PASSWORD
--   psql --host=db.example.com --username=postgres --file=deploy/postgresql/roles.sql
-- The server's migrations make the schema 'codesigning' as the owner, and let the service select and call, no more.

\set ON_ERROR_STOP on
\set QUIET on
\set owner_password ''
\set service_password ''
\getenv owner_password OWNER_PASSWORD
\getenv service_password SERVICE_PASSWORD
SELECT :'owner_password' <> '' AND :'service_password' <> '' AS has_passwords \gset
\if :has_passwords
\else
  DO $$ BEGIN RAISE 'The environment has no OWNER_PASSWORD, or no SERVICE_PASSWORD: export both, and run this again.'; END $$;
\endif

SET log_statement = 'none'; -- The server's log would have the passwords.
SET log_min_error_statement = 'panic';
SET password_encryption = 'scram-sha-256';
CREATE ROLE codesigning_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE codesigning_service LOGIN PASSWORD :'service_password';
CREATE DATABASE codesigning OWNER codesigning_owner ENCODING 'UTF8' TEMPLATE template0;
REVOKE CONNECT ON DATABASE codesigning FROM PUBLIC;
GRANT CONNECT ON DATABASE codesigning TO codesigning_service;

\echo 'Made the roles codesigning_owner and codesigning_service, and the database codesigning. The settings of every node:'
\echo '  CODESIGNING_DB=Host=...;Database=codesigning;Username=codesigning_service;Password=...'
\echo '  CODESIGNING_DB_MIGRATE=Host=...;Database=codesigning;Username=codesigning_owner;Password=...'
\echo 'The second one is needed on one machine only, if "silo migrate" is run there before the first start and each upgrade.'
