-- Under which ids the sender and the proxies in front of this server log the request: what one needs to ask Lark's support, or to
-- find it in a proxy's log.
alter table events add column request_id text;
alter table events add column log_id     text;
