-- What waits and what runs are looked for in different ways, so each has an index of its own: the longest waiting of a
-- plugin is the first there, however many wait behind it, and what runs is looked for by the end of its lease.
drop index deliveries_open;
create index deliveries_due on deliveries (plugin, next_at_ms) where state in ('ready', 'retry_wait');
create index deliveries_running on deliveries (lease_until_ms) where state = 'running';
