-- Two roles and a database for the server. Run once as a superuser:
--   psql -v owner_password=... -v service_password=... -f roles.sql
-- The server's migrations make the schema 'codesigning' as the owner and let the service select and call, no more.

CREATE ROLE codesigning_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE codesigning_service LOGIN PASSWORD :'service_password';
CREATE DATABASE codesigning OWNER codesigning_owner ENCODING 'UTF8' TEMPLATE template0;
REVOKE CONNECT ON DATABASE codesigning FROM PUBLIC;
GRANT CONNECT ON DATABASE codesigning TO codesigning_service;

-- Then start the server with
--   CODESIGNING_DB=Host=...;Database=codesigning;Username=codesigning_service;Password=...
--   CODESIGNING_DB_MIGRATE=Host=...;Database=codesigning;Username=codesigning_owner;Password=...
-- A node that has nothing to migrate needs the second one too: it is how it knows that.
