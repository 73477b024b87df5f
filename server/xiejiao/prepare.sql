-- Makes the database `xiejiao`, its three roles and its extensions. A superuser runs it once with psql;
-- running it again changes nothing that is right already. On a server that asks for passwords give each role
-- one afterwards (\password xiejiao_owner, \password xiejiao_app, \password xiejiao_read).
\set ON_ERROR_STOP on
SET client_min_messages = warning;

-- xiejiao_owner migrates, xiejiao_app runs the server, xiejiao_read only reads.
SELECT format('CREATE ROLE %I', name)
FROM unnest(ARRAY['xiejiao_owner', 'xiejiao_app', 'xiejiao_read']) AS name
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name)
\gexec
ALTER ROLE xiejiao_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
ALTER ROLE xiejiao_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
ALTER ROLE xiejiao_read LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;

-- A request that waits longer than a person does gives its place to the next one.
ALTER ROLE xiejiao_app SET statement_timeout = '5s';
ALTER ROLE xiejiao_app SET lock_timeout = '2s';
ALTER ROLE xiejiao_app SET idle_in_transaction_session_timeout = '10s';
ALTER ROLE xiejiao_read SET statement_timeout = '5s';
ALTER ROLE xiejiao_read SET lock_timeout = '2s';
ALTER ROLE xiejiao_read SET idle_in_transaction_session_timeout = '10s';

-- A migration that waits for a lock holds up everybody behind it: it fails and is run again.
ALTER ROLE xiejiao_owner SET lock_timeout = '5s';

-- The same few short queries run all day: plan each once, and never compile one.
ALTER ROLE xiejiao_app SET plan_cache_mode = 'force_generic_plan';
ALTER ROLE xiejiao_app SET jit = off;
ALTER ROLE xiejiao_read SET plan_cache_mode = 'force_generic_plan';
ALTER ROLE xiejiao_read SET jit = off;

SELECT 'CREATE DATABASE xiejiao OWNER xiejiao_owner TEMPLATE template0 ENCODING ''UTF8'' LOCALE ''C.UTF-8'''
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'xiejiao')
\gexec
REVOKE ALL ON DATABASE xiejiao FROM PUBLIC;
GRANT CONNECT ON DATABASE xiejiao TO xiejiao_app, xiejiao_read;

\connect xiejiao
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS postgis SCHEMA public;
CREATE EXTENSION IF NOT EXISTS intarray SCHEMA public;
CREATE EXTENSION IF NOT EXISTS ltree SCHEMA public;
CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA public;
CREATE EXTENSION IF NOT EXISTS btree_gist SCHEMA public;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
ALTER SCHEMA public OWNER TO xiejiao_owner;
