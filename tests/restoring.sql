-- Remembers what a new copy of a template holds, and puts it back between tests: tables that a test filled are emptied,
-- those that the migrations had filled get their rows again. As superuser, without triggers and foreign keys.
CREATE SCHEMA restoring;
CREATE TABLE restoring.remembered (name regclass PRIMARY KEY, kept regclass, columns text NOT NULL);
CREATE VIEW restoring.present AS
    SELECT c.oid, c.oid::regclass AS name
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'restoring')
       AND n.nspname NOT LIKE 'pg_temp%' AND c.relname <> 'alembic_version';

CREATE PROCEDURE restoring.remember() LANGUAGE plpgsql AS $$
DECLARE
    one record;
    filled boolean;
    kept text;
BEGIN
    FOR one IN
        SELECT present.oid, present.name,
               (SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
                 WHERE attrelid = present.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = '') AS columns
          FROM restoring.present
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %s)', one.name) INTO filled;
        kept := NULL;
        IF filled THEN
            kept := format('restoring.kept_%s', one.oid);
            EXECUTE format('CREATE TABLE %s AS SELECT %s FROM %s', kept, one.columns, one.name);
        END IF;
        INSERT INTO restoring.remembered VALUES (one.name, kept::regclass, one.columns);
    END LOOP;
END $$;

CREATE PROCEDURE restoring.restore() LANGUAGE plpgsql AS $$
DECLARE
    one record;
    filled boolean;
BEGIN
    PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend';
    SET LOCAL session_replication_role = replica;
    FOR one IN SELECT name, kept, columns FROM restoring.present LEFT JOIN restoring.remembered USING (name) LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %s)', one.name) INTO filled;
        IF filled THEN
            EXECUTE format('DELETE FROM %s', one.name);
        END IF;
        IF one.kept IS NOT NULL THEN
            EXECUTE format(
                'INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE SELECT * FROM %s', one.name, one.columns, one.kept
            );
        END IF;
    END LOOP;
END $$;

CALL restoring.remember();
