-- What is at its end is looked for by its age, and dead letters live longer than the rest: among hundreds of thousands of them
-- the few that are done would have to be searched for, with every acknowledgement waiting behind.
drop index deliveries_finished;
create index deliveries_ended on deliveries (finished_at_ms, id) where state in ('done', 'skipped', 'expired');
create index deliveries_given_up on deliveries (finished_at_ms, id) where state = 'dead';
