-- Who vouches for a published component, and where its settings come from.
alter table plugin_versions add column signature bytea;
alter table plugin_versions add column settings_origin text;
