

CREATE SCHEMA foz;

CREATE FUNCTION foz.refuse_audit_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
  if tg_op = 'DELETE' and current_setting('foz.audit_retention', true) = 'on' then
    return old;
  end if;
  raise exception 'Records of the audit log cannot be changed or removed.' using errcode = 'insufficient_privilege';
end $$;

CREATE TABLE foz.api_key_secrets (
    prefix text NOT NULL,
    key_id text NOT NULL,
    hash text NOT NULL,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    valid_until timestamp with time zone
);

CREATE TABLE foz.api_keys (
    id text NOT NULL,
    name text NOT NULL,
    description text,
    owner text,
    roles text NOT NULL,
    default_role text,
    variables text DEFAULT '{}'::text NOT NULL,
    scopes text,
    networks text,
    rate_limit text,
    backend boolean DEFAULT false NOT NULL,
    revision bigint DEFAULT '1'::bigint NOT NULL,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    expires_at timestamp with time zone,
    rotated_at timestamp with time zone,
    revoked_at timestamp with time zone,
    last_used_at timestamp with time zone,
    last_used_address text,
    limits text
);

CREATE TABLE foz.audit (
    seq bigint NOT NULL,
    at bigint NOT NULL,
    kind text NOT NULL,
    outcome text NOT NULL,
    actor_kind text NOT NULL,
    actor_id text,
    role text,
    key_id text,
    address text,
    request_id text,
    operation text,
    source text,
    table_name text,
    record text NOT NULL,
    previous text NOT NULL,
    hash text NOT NULL
);

CREATE TABLE foz.audit_state (
    name text NOT NULL,
    seq bigint NOT NULL,
    hash text NOT NULL,
    at bigint NOT NULL,
    mac text NOT NULL
);

CREATE TABLE foz.changes (
    id bigint NOT NULL,
    topic text NOT NULL,
    key text NOT NULL,
    at timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL
);

CREATE SEQUENCE foz.changes_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE foz.changes_id_seq OWNED BY foz.changes.id;

CREATE TABLE foz.issuers (
    name text NOT NULL,
    config text NOT NULL,
    revision bigint DEFAULT '1'::bigint NOT NULL,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    updated_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL
);

CREATE TABLE foz.master_key (
    one integer NOT NULL,
    key_id text NOT NULL,
    since timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    CONSTRAINT master_key_one_check CHECK ((one = 1))
);

CREATE TABLE foz.metadata (
    version bigint NOT NULL,
    metadata text NOT NULL,
    at timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    actor text NOT NULL,
    comment text
);

CREATE TABLE foz.migrations (
    id integer NOT NULL,
    name character varying(255),
    batch integer,
    migration_time timestamp with time zone
);

CREATE SEQUENCE foz.migrations_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE foz.migrations_id_seq OWNED BY foz.migrations.id;

CREATE TABLE foz.migrations_lock (
    index integer NOT NULL,
    is_locked integer
);

CREATE SEQUENCE foz.migrations_lock_index_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE foz.migrations_lock_index_seq OWNED BY foz.migrations_lock.index;

CREATE TABLE foz.names (
    source text NOT NULL,
    names text NOT NULL,
    updated_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL
);

CREATE TABLE foz.operations (
    role text NOT NULL,
    hash text NOT NULL,
    name text,
    document text NOT NULL,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL
);

CREATE TABLE foz.secrets (
    id text NOT NULL,
    key_id text NOT NULL,
    sealed text NOT NULL,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    updated_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL
);

CREATE TABLE foz.settings (
    name text NOT NULL,
    config text NOT NULL,
    revision bigint DEFAULT '1'::bigint NOT NULL,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    updated_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL
);

CREATE TABLE foz.sources (
    name text NOT NULL,
    config text NOT NULL,
    revision bigint DEFAULT '1'::bigint NOT NULL,
    created_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL,
    updated_at timestamp with time zone DEFAULT CURRENT_TIMESTAMP NOT NULL
);

ALTER TABLE ONLY foz.changes ALTER COLUMN id SET DEFAULT nextval('foz.changes_id_seq'::regclass);

ALTER TABLE ONLY foz.migrations ALTER COLUMN id SET DEFAULT nextval('foz.migrations_id_seq'::regclass);

ALTER TABLE ONLY foz.migrations_lock ALTER COLUMN index SET DEFAULT nextval('foz.migrations_lock_index_seq'::regclass);

INSERT INTO foz.api_key_secrets VALUES ('kiI8hAepE2NA', '13264f6f-6f38-4615-a052-73bcfa52fb34', 'hmac-sha256:UZ4ctwb_ShgadRcDyj0S8HWWhK-51OoowE7CGmsG1Vk', '2026-11-29 20:51:21.936629+00', NULL);

INSERT INTO foz.api_keys VALUES ('13264f6f-6f38-4615-a052-73bcfa52fb34', 'till', 'of the shop', NULL, '["clerk"]', 'clerk', '{"user-id":"7"}', '{"operations":["read"],"tables":["shop.orders"]}', '["127.0.0.0/8"]', '{"requests":1000,"seconds":60}', false, 1, '2026-11-29 20:51:21.936629+00', NULL, NULL, NULL, NULL, NULL, '{"depth":5}');

INSERT INTO foz.audit VALUES (1, 1795985481034, 'sign-in', 'success', 'admin-secret', 'admin-1', 'admin', NULL, '127.0.0.1', 'd8a6ff7d-13e7-41c6-aedc-b645e6e33423', 'control API', NULL, NULL, '{"actor":{"id":"admin-1","kind":"admin-secret","role":"admin"},"address":"127.0.0.1","affectedRows":null,"after":null,"at":1795985481034,"before":null,"keyId":null,"kind":"sign-in","operation":"control API","outcome":"success","reason":null,"requestId":"d8a6ff7d-13e7-41c6-aedc-b645e6e33423","seq":1,"source":null,"table":null}', '0000000000000000000000000000000000000000000000000000000000000000', '1c51d6073dd574a2ded586844eeb4012aac6cdff75d34be556d6873f9af1822e');
INSERT INTO foz.audit VALUES (2, 1795985481635, 'control', 'success', 'admin-secret', 'admin-1', 'admin', NULL, NULL, NULL, 'source.attach', 'desk', NULL, '{"actor":{"id":"admin-1","kind":"admin-secret","role":"admin"},"address":null,"affectedRows":null,"after":{"kind":"postgres","name":"desk","replaced":["url"],"url":"postgres://clerk:***@127.0.0.1:1/desk"},"at":1795985481635,"before":null,"keyId":null,"kind":"control","operation":"source.attach","outcome":"success","reason":null,"requestId":null,"seq":2,"source":"desk","table":null}', '1c51d6073dd574a2ded586844eeb4012aac6cdff75d34be556d6873f9af1822e', '3ad78e9d6f8967000cf5681aaa498ed15bd2cf874cd752eb82bc49b73ae5614a');
INSERT INTO foz.audit VALUES (3, 1795985481896, 'control', 'success', 'admin-secret', 'admin-1', 'admin', NULL, NULL, NULL, 'permission.set', 'shop', 'orders', '{"actor":{"id":"admin-1","kind":"admin-secret","role":"admin"},"address":null,"affectedRows":null,"after":{"parts":[{"part":"table","value":"orders","where":"shop.orders"},{"part":"select_permissions.clerk","value":{"permission":{"columns":["id"],"filter":{"id":{"_gt":"X-Foz-User-Id"}}}},"where":"shop.orders"}],"version":1},"at":1795985481896,"before":{"parts":[],"version":0},"keyId":null,"kind":"control","operation":"permission.set","outcome":"success","reason":null,"requestId":null,"seq":3,"source":"shop","table":"orders"}', '3ad78e9d6f8967000cf5681aaa498ed15bd2cf874cd752eb82bc49b73ae5614a', 'daa53df6b09df77ea319bd04e7c5a215f1d445124ef2c2c3a50d7e9fcef4fc71');
INSERT INTO foz.audit VALUES (4, 1795985481973, 'control', 'success', 'admin-secret', 'admin-1', 'admin', '13264f6f-6f38-4615-a052-73bcfa52fb34', NULL, NULL, 'key.create', NULL, NULL, '{"actor":{"id":"admin-1","kind":"admin-secret","role":"admin"},"address":null,"affectedRows":null,"after":{"backend":false,"createdAt":"2026-11-29T20:51:21.936Z","defaultRole":"clerk","description":"of the shop","expiresAt":null,"id":"13264f6f-6f38-4615-a052-73bcfa52fb34","lastUsedAddress":null,"lastUsedAt":null,"limits":{"depth":5},"name":"till","networks":["127.0.0.0/8"],"owner":null,"prefixes":[{"prefix":"kiI8hAepE2NA","validUntil":null}],"rateLimit":{"requests":1000,"seconds":60},"revision":"1","revokedAt":null,"roles":["clerk"],"rotatedAt":null,"scopes":{"operations":["read"],"tables":["shop.orders"]},"variables":{"user-id":"7"}},"at":1795985481973,"before":null,"keyId":"13264f6f-6f38-4615-a052-73bcfa52fb34","kind":"control","operation":"key.create","outcome":"success","reason":null,"requestId":null,"seq":4,"source":null,"table":null}', 'daa53df6b09df77ea319bd04e7c5a215f1d445124ef2c2c3a50d7e9fcef4fc71', '39d797b4071a330376b427619fc9a2984ec3b9097b1ac9c7eb175512b7b21dd7');
INSERT INTO foz.audit VALUES (5, 1795985482051, 'control', 'success', 'admin-secret', 'admin-1', 'admin', NULL, NULL, NULL, 'issuer.put', NULL, NULL, '{"actor":{"id":"admin-1","kind":"admin-secret","role":"admin"},"address":null,"affectedRows":null,"after":{"algorithms":["HS256"],"audience":"foz","issuer":"https://id.example.com","name":"people","secret":"***"},"at":1795985482051,"before":null,"keyId":null,"kind":"control","operation":"issuer.put","outcome":"success","reason":null,"requestId":null,"seq":5,"source":null,"table":null}', '39d797b4071a330376b427619fc9a2984ec3b9097b1ac9c7eb175512b7b21dd7', '98e119b2dc5eb08d4e6dbc7e61d9e37373d44d6571be69027bad32d4dc4b9fde');
INSERT INTO foz.audit VALUES (6, 1795985482210, 'control', 'success', 'admin-secret', 'admin-1', 'admin', NULL, NULL, NULL, 'limits.set', NULL, NULL, '{"actor":{"id":"admin-1","kind":"admin-secret","role":"admin"},"address":null,"affectedRows":null,"after":{"limits":{"depth":7,"rows":100},"role":"clerk"},"at":1795985482210,"before":{"limits":null,"role":"clerk"},"keyId":null,"kind":"control","operation":"limits.set","outcome":"success","reason":null,"requestId":null,"seq":6,"source":null,"table":null}', '98e119b2dc5eb08d4e6dbc7e61d9e37373d44d6571be69027bad32d4dc4b9fde', '990ed9dbc5f5e9f8c4dbbdb0c5ae5fc155c81bd626d7d5e874072f60081ed543');
INSERT INTO foz.audit VALUES (7, 1795985482372, 'control', 'success', 'admin-secret', 'admin-1', 'admin', NULL, NULL, NULL, 'allow-list.allow', NULL, NULL, '{"actor":{"id":"admin-1","kind":"admin-secret","role":"admin"},"address":null,"affectedRows":null,"after":{"document":"query all { orders { id } }","name":"all","role":"clerk"},"at":1795985482372,"before":null,"keyId":null,"kind":"control","operation":"allow-list.allow","outcome":"success","reason":null,"requestId":null,"seq":7,"source":null,"table":null}', '990ed9dbc5f5e9f8c4dbbdb0c5ae5fc155c81bd626d7d5e874072f60081ed543', '9fecadbf194b4025d420c9efc7eb9f512bd3da45e48b4390b8ce3fdfbb0ca7e9');
INSERT INTO foz.audit VALUES (8, 1795985482438, 'control', 'success', 'admin-secret', 'admin-1', 'admin', NULL, NULL, NULL, 'anonymous-role.set', NULL, NULL, '{"actor":{"id":"admin-1","kind":"admin-secret","role":"admin"},"address":null,"affectedRows":null,"after":{"anonymous_role":"clerk"},"at":1795985482438,"before":{"anonymous_role":null},"keyId":null,"kind":"control","operation":"anonymous-role.set","outcome":"success","reason":null,"requestId":null,"seq":8,"source":null,"table":null}', '9fecadbf194b4025d420c9efc7eb9f512bd3da45e48b4390b8ce3fdfbb0ca7e9', '0a24f365ea6eb7bd1691fddfd3ae766b30e533daeacdbf56cb5b4cae724c5f03');
INSERT INTO foz.audit VALUES (9, 1795985483391, 'sign-in', 'success', 'admin-secret', 'admin-1', 'admin', NULL, '127.0.0.1', '5e742f1c-1a4c-426b-9dda-ec124e96b3ce', 'control API', NULL, NULL, '{"actor":{"id":"admin-1","kind":"admin-secret","role":"admin"},"address":"127.0.0.1","affectedRows":null,"after":null,"at":1795985483391,"before":null,"keyId":null,"kind":"sign-in","operation":"control API","outcome":"success","reason":null,"requestId":"5e742f1c-1a4c-426b-9dda-ec124e96b3ce","seq":9,"source":null,"table":null}', '0a24f365ea6eb7bd1691fddfd3ae766b30e533daeacdbf56cb5b4cae724c5f03', '636ebe8045070ab1129198c28c220f4dadadf6e4d8737497100b93dbe91b56cf');

INSERT INTO foz.audit_state VALUES ('head', 9, '636ebe8045070ab1129198c28c220f4dadadf6e4d8737497100b93dbe91b56cf', 1795985483391, 'a8e6d3bbe34994bc645aa8d548349a0a585e43a142a58482363e39123936c32f');

INSERT INTO foz.changes VALUES (1, 'names', '', '2026-11-29 20:51:20.409272+00');
INSERT INTO foz.changes VALUES (2, 'source', 'desk', '2026-11-29 20:51:21.600965+00');
INSERT INTO foz.changes VALUES (3, 'secret', 'source/desk/url', '2026-11-29 20:51:21.600965+00');
INSERT INTO foz.changes VALUES (4, 'metadata', '1', '2026-11-29 20:51:21.885149+00');
INSERT INTO foz.changes VALUES (5, 'api-key', '13264f6f-6f38-4615-a052-73bcfa52fb34', '2026-11-29 20:51:21.936629+00');
INSERT INTO foz.changes VALUES (6, 'issuer', 'people', '2026-11-29 20:51:22.009125+00');
INSERT INTO foz.changes VALUES (7, 'secret', 'issuer/people/secret', '2026-11-29 20:51:22.009125+00');
INSERT INTO foz.changes VALUES (8, 'setting', 'limits/clerk', '2026-11-29 20:51:22.175301+00');
INSERT INTO foz.changes VALUES (9, 'operation', 'clerk', '2026-11-29 20:51:22.345461+00');
INSERT INTO foz.changes VALUES (10, 'setting', 'anonymous-role', '2026-11-29 20:51:22.431358+00');

INSERT INTO foz.issuers VALUES ('people', '{"issuer":"https://id.example.com","audience":"foz","algorithms":["HS256"]}', 1, '2026-11-29 20:51:22.009125+00', '2026-11-29 20:51:22.009125+00');

INSERT INTO foz.master_key VALUES (1, 'ecec53bec95a3382', '2026-11-29 20:51:21.123833+00');

INSERT INTO foz.metadata VALUES (1, '{"tables":[{"source":"shop","table":"orders","select_permissions":[{"role":"clerk","permission":{"columns":["id"],"filter":{"id":{"_gt":"X-Foz-User-Id"}}}}]}]}', '2026-11-29 20:51:21.885149+00', '{"kind":"admin-secret","id":"admin-1","role":"admin"}', 'for the desk');

INSERT INTO foz.migrations VALUES (1, '0001-metadata', 1, '2026-11-29 20:51:19.816+00');
INSERT INTO foz.migrations VALUES (2, '0002-sources-and-secrets', 1, '2026-11-29 20:51:19.882+00');
INSERT INTO foz.migrations VALUES (3, '0003-api-keys', 1, '2026-11-29 20:51:19.982+00');
INSERT INTO foz.migrations VALUES (4, '0004-audit', 1, '2026-11-29 20:51:20.107+00');
INSERT INTO foz.migrations VALUES (5, '0005-settings', 1, '2026-11-29 20:51:20.124+00');
INSERT INTO foz.migrations VALUES (6, '0006-key-limits', 1, '2026-11-29 20:51:20.129+00');
INSERT INTO foz.migrations VALUES (7, '0007-names', 1, '2026-11-29 20:51:20.135+00');

INSERT INTO foz.migrations_lock VALUES (1, 0);

INSERT INTO foz.names VALUES ('shop', '{"customization":"","tables":{"customers":"customers","orders":"orders","big_orders":"big_orders"},"relationships":{"customers":{"orders":"orders(customer_id) -> id"},"orders":{"customer":"customer_id -> customers(id)"}}}', '2026-11-29 20:51:20.409272+00');

INSERT INTO foz.operations VALUES ('clerk', 'e0b299fdca2ca699829ba64bf63e161493d16ebfc00e457c382c9c282e0e1578', 'all', 'query all { orders { id } }', '2026-11-29 20:51:22.345461+00');

INSERT INTO foz.secrets VALUES ('system/audit-key', 'ecec53bec95a3382', 'v1.3UnVKuevu4sY5uRO_vD1FLgxRfTZZ9BEbDNQJC_E65sjKn_ieEa-fdGiD_3IXsYdoOZXjbd1dsPllH3A_iMWg8EQRSVuO4Gy', '2026-11-29 20:51:21.123833+00', '2026-11-29 20:51:21.123833+00');
INSERT INTO foz.secrets VALUES ('source/desk/url', 'ecec53bec95a3382', 'v1.tEovhBTNbWpvzk3dDAhKA3tx7bzFvZX4waECkIufmBmw4GgwGcm6NE9k0-ugo4IuzWNTYklTLOc_5hZyN6v9hg8swvnBD3aI2uo', '2026-11-29 20:51:21.600965+00', '2026-11-29 20:51:21.600965+00');
INSERT INTO foz.secrets VALUES ('issuer/people/secret', 'ecec53bec95a3382', 'v1.RStohIDDGpDyc2tmZQjd9Siom6C-YLkXyJTU0x3eps8e7UNKBvx8YzOy_wVa1xcuXrvumRr5L3fldyrCQ-PL-Mg', '2026-11-29 20:51:22.009125+00', '2026-11-29 20:51:22.009125+00');

INSERT INTO foz.settings VALUES ('limits/clerk', '{"depth":7,"rows":100}', 1, '2026-11-29 20:51:22.175301+00', '2026-11-29 20:51:22.175301+00');
INSERT INTO foz.settings VALUES ('anonymous-role', '"clerk"', 1, '2026-11-29 20:51:22.431358+00', '2026-11-29 20:51:22.431358+00');

INSERT INTO foz.sources VALUES ('desk', '{"name":"desk","kind":"postgres"}', 1, '2026-11-29 20:51:21.600965+00', '2026-11-29 20:51:21.600965+00');

SELECT pg_catalog.setval('foz.changes_id_seq', 10, true);

SELECT pg_catalog.setval('foz.migrations_id_seq', 7, true);

SELECT pg_catalog.setval('foz.migrations_lock_index_seq', 1, true);

ALTER TABLE ONLY foz.api_key_secrets
    ADD CONSTRAINT api_key_secrets_pkey PRIMARY KEY (prefix);

ALTER TABLE ONLY foz.api_keys
    ADD CONSTRAINT api_keys_pkey PRIMARY KEY (id);

ALTER TABLE ONLY foz.audit
    ADD CONSTRAINT audit_pkey PRIMARY KEY (seq);

ALTER TABLE ONLY foz.audit_state
    ADD CONSTRAINT audit_state_pkey PRIMARY KEY (name);

ALTER TABLE ONLY foz.changes
    ADD CONSTRAINT changes_pkey PRIMARY KEY (id);

ALTER TABLE ONLY foz.issuers
    ADD CONSTRAINT issuers_pkey PRIMARY KEY (name);

ALTER TABLE ONLY foz.master_key
    ADD CONSTRAINT master_key_pkey PRIMARY KEY (one);

ALTER TABLE ONLY foz.metadata
    ADD CONSTRAINT metadata_pkey PRIMARY KEY (version);

ALTER TABLE ONLY foz.migrations_lock
    ADD CONSTRAINT migrations_lock_pkey PRIMARY KEY (index);

ALTER TABLE ONLY foz.migrations
    ADD CONSTRAINT migrations_pkey PRIMARY KEY (id);

ALTER TABLE ONLY foz.names
    ADD CONSTRAINT names_pkey PRIMARY KEY (source);

ALTER TABLE ONLY foz.operations
    ADD CONSTRAINT operations_pkey PRIMARY KEY (role, hash);

ALTER TABLE ONLY foz.secrets
    ADD CONSTRAINT secrets_pkey PRIMARY KEY (id);

ALTER TABLE ONLY foz.settings
    ADD CONSTRAINT settings_pkey PRIMARY KEY (name);

ALTER TABLE ONLY foz.sources
    ADD CONSTRAINT sources_pkey PRIMARY KEY (name);

CREATE INDEX api_key_secrets_key_id_index ON foz.api_key_secrets USING btree (key_id);

CREATE UNIQUE INDEX api_keys_name ON foz.api_keys USING btree (name) WHERE (revoked_at IS NULL);

CREATE INDEX api_keys_owner_index ON foz.api_keys USING btree (owner);

CREATE INDEX audit_actor_id_seq_index ON foz.audit USING btree (actor_id, seq);

CREATE INDEX audit_at_index ON foz.audit USING btree (at);

CREATE INDEX audit_key_id_seq_index ON foz.audit USING btree (key_id, seq);

CREATE INDEX audit_kind_seq_index ON foz.audit USING btree (kind, seq);

CREATE TRIGGER audit_rows_stay BEFORE DELETE OR UPDATE ON foz.audit FOR EACH ROW EXECUTE FUNCTION foz.refuse_audit_change();

CREATE TRIGGER audit_stays BEFORE TRUNCATE ON foz.audit FOR EACH STATEMENT EXECUTE FUNCTION foz.refuse_audit_change();

ALTER TABLE ONLY foz.api_key_secrets
    ADD CONSTRAINT api_key_secrets_key_id_foreign FOREIGN KEY (key_id) REFERENCES foz.api_keys(id) ON DELETE CASCADE;

