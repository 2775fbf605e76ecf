-- What a row takes beside its key and its value counts too: a million empty values are a million rows, and as many entries in
-- the index. `store::ROW_BYTES` is the same number.
lock table kv in exclusive mode;

create or replace function kv_count() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        insert into kv_usage (plugin, bytes)
        values (new.plugin, octet_length(new.key) + octet_length(new.value) + 64)
        on conflict (plugin) do update set bytes = kv_usage.bytes + excluded.bytes;
    elsif tg_op = 'UPDATE' then
        update kv_usage set bytes = bytes + octet_length(new.value) - octet_length(old.value) where plugin = new.plugin;
    else
        update kv_usage set bytes = bytes - octet_length(old.key) - octet_length(old.value) - 64 where plugin = old.plugin;
    end if;
    return null;
end
$$;

update kv_usage set bytes = bytes + 64 * (select count(*) from kv where kv.plugin = kv_usage.plugin);
