-- What happened in each minute and in each hour, summed over all servers, so that charts read a few thousand rows whatever the
-- number of events is. Written once a minute from counters in memory.
create table counts (
    width   bigint  not null, -- minutes that the row stands for: 1 or 60
    minute  bigint  not null, -- its first minute since 1970
    kind    text    not null, -- callback, event, attempt, refused, took_callback, took_event
    outcome text    not null, -- the outcome, the reason, or the upper bound of a bucket in milliseconds
    number  bigint  not null,
    primary key (width, minute, kind, outcome)
);
