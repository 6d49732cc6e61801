//! The least that each role may do in Redis, as rules of its access control lists (Redis 7, Valkey): one user per role,
//! the default user off. Whoever runs Redis for a platform puts them into its list of users; nothing here is connected.
//!
//! A command on a key is allowed where one group of rules, a *selector*, allows both. So what may be done to one key may
//! not be done to another. A script needs its keys in one selector with `EVAL`, and each of its commands on its own.

use super::connection::{PROBE_KEY, bull_prefix};

/// Who has a user in Redis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RedisRole {
    /// Uses no Redis yet: its user may connect and nothing else.
    Api,
    /// Fills queues and the log.
    Storage,
    /// Reads the log.
    Events,
    /// Takes jobs, and adds events to the log.
    Worker,
}

impl RedisRole {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Api, Self::Storage, Self::Events, Self::Worker];

    /// The name of its user.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Storage => "storage",
            Self::Events => "events",
            Self::Worker => "worker",
        }
    }
}

/// What BullMQ's clients and scripts call, on a queue's keys.
const BULL_COMMANDS: &str = "+bzpopmin +del +exists +get +hdel +hexists +hget +hgetall +hincrby +hlen +hmget +hmset \
    +hset +incr +incrby +lindex +llen +lpop +lpos +lpush +lrange +lrem +lset +ltrim +persist +pexpire +pexpireat +pttl \
    +rename +rpop +rpoplpush +rpush +sadd +scard +set +sismember +smembers +srem +type +unlink +xadd +xdel +xlen +xrange \
    +xtrim +zadd +zcard +zcount +zlexcount +zpopmin +zrange +zrangebylex +zrangebyscore +zrem +zremrangebyrank \
    +zremrangebyscore +zrevrange +zrevrangebyscore +zscore";

/// Each role begins with nothing, and with what a connection needs. `AUTH` and `HELLO` are everybody's.
const CONNECTION: [&str; 8] =
    ["resetkeys", "resetchannels", "clearselectors", "-@all", "+ping", "+select", "+script|load", "+client|setname"];

/// The rules of a role's user, each an argument of `ACL SETUSER`, or with spaces between them a line of a list of users:
/// `user <name> on #<sha256 of the password> <rules>`. Whatever was allowed before is taken back first; names and
/// passwords are not touched. `prefix` is the platform's `REDIS_PREFIX`.
pub fn acl_rules(role: RedisRole, prefix: &str) -> Vec<String> {
    let mut rules: Vec<String> = CONNECTION.iter().map(|rule| (*rule).to_owned()).collect();
    rules.extend(match role {
        RedisRole::Api => Vec::new(),
        RedisRole::Events => reader(prefix),
        RedisRole::Storage => [queue(prefix), writer(prefix), owner(prefix)].concat(),
        RedisRole::Worker => [queue(prefix), writer(prefix)].concat(),
    });
    rules
}

/// Reads the log, and names Redis' life where it has no name.
fn reader(prefix: &str) -> Vec<String> {
    vec![
        format!("(+eval +evalsha ~{prefix}eb:log ~{prefix}epoch)"),
        format!("(+set +get ~{prefix}epoch)"),
        format!("(+exists +xinfo|stream +xrange +xread %R~{prefix}eb:log)"),
    ]
}

/// Appends to the log, once per event, and tells the channels of other programs.
fn writer(prefix: &str) -> Vec<String> {
    vec![
        format!("(+eval +evalsha ~{prefix}eb:log ~{prefix}eb:seen:* ~{prefix}epoch)"),
        format!("(+set +get ~{prefix}epoch)"),
        format!("(+set ~{prefix}eb:seen:*)"),
        format!("(+xadd ~{prefix}eb:log)"),
        format!("(+publish &{prefix}photo:*)"),
    ]
}

/// Says whose the queues are, and names Redis' life.
fn owner(prefix: &str) -> Vec<String> {
    vec![format!("(+eval +evalsha ~{prefix}epoch ~{prefix}owner)"), format!("(+set +get +pttl ~{prefix}owner)")]
}

/// Uses BullMQ's queues, and proves that Redis takes writes.
fn queue(prefix: &str) -> Vec<String> {
    let bull = bull_prefix(prefix);
    vec![format!("(+eval +evalsha +time {BULL_COMMANDS} ~{bull}:*)"), format!("(+setex +set ~{prefix}{PROBE_KEY})")]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_has_more_than_its_own_keys_and_channels() {
        for role in RedisRole::ALL {
            let rules = acl_rules(role, "team-photos:").join(" ");
            for word in rules.split([' ', '(', ')']) {
                if let Some(name) = word.strip_prefix("%R~").or_else(|| word.strip_prefix(['~', '&'])) {
                    assert!(name.starts_with("team-photos"), "{role:?}: {word}");
                }
                for forbidden in ["+@", "allkeys", "allchannels", "allcommands", "+flush", "+config", "+keys", "+acl"] {
                    assert!(!word.starts_with(forbidden), "{role:?}: {word}");
                }
            }
        }
    }

    #[test]
    fn the_keys_of_a_platform_without_a_prefix_are_those_of_bullmq() {
        let rules = acl_rules(RedisRole::Worker, "").join(" ");
        for part in ["~bull:*)", "~eb:log", "~epoch)", "&photo:*)"] {
            assert!(rules.contains(part), "{part}: {rules}");
        }
    }
}
