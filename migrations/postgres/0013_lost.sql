-- Attempts that never came to an end, because their server was killed or lost its database. They do not count as failures; a
-- delivery with too many of them is a dead letter, and one with any is attempted apart from the others.
alter table deliveries add column lost integer not null default 0;
create index deliveries_lost on deliveries (plugin, lost, next_at_ms) where lost > 0 and state in ('ready', 'retry_wait');
