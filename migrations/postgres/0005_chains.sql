-- How far a task is from the event that began its chain, and how many tasks may still follow from it, all generations
-- together; null: as many as the settings of its plugin allow. A task that asks for itself again comes to an end so.
alter table deliveries add column generation integer not null default 0;
alter table deliveries add column tasks_left integer;

-- What a plugin asked for and what is not done yet, so that a quota is one look-up.
create index deliveries_asked on deliveries (requested_by)
    where kind = 'task' and state in ('ready', 'retry_wait', 'running');
