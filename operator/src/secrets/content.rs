//! What is in generated Secrets.

use std::collections::BTreeMap;

use super::{
    key,
    redis_users::{NOBODY, RedisUser, line},
};
use crate::names::GeneratedSecret;

/// Random bytes for one Secret: as many values as the one with the most needs. The operating system's generator makes
/// them, anew for each Secret.
pub type Random = [[u8; 32]; RedisUser::ALL.len()];

/// A Secret's keys and their values, made from random bytes that are used for nothing else. `rules` tells what each user
/// of Redis may do.
pub fn content(
    secret: GeneratedSecret,
    random: &Random,
    rules: impl Fn(RedisUser) -> String,
) -> BTreeMap<String, String> {
    let [first, second, ..] = random;
    let pairs = match secret {
        GeneratedSecret::RedisAuth => return redis(random, rules),
        // MinIO's own are of 20 and of 40 characters.
        GeneratedSecret::Store => vec![(key::ACCESS, short::<10>(first)), (key::SECRET, short::<20>(second))],
        GeneratedSecret::Service => vec![(key::SERVICE, hex::encode(first))],
        GeneratedSecret::Jwt => vec![(key::JWT, hex::encode(first))],
    };
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn redis(random: &Random, rules: impl Fn(RedisUser) -> String) -> BTreeMap<String, String> {
    let passwords = RedisUser::ALL.into_iter().zip(random);
    let mut content: BTreeMap<String, String> =
        passwords.map(|(user, bytes)| (user.as_str().to_owned(), hex::encode(bytes))).collect();
    content.insert(key::REDIS_USERS.to_owned(), users(&content, rules));
    content
}

/// Redis' list of users; who has no password is not in it.
fn users(passwords: &BTreeMap<String, String>, rules: impl Fn(RedisUser) -> String) -> String {
    let mut users = vec![NOBODY.to_owned()];
    for user in RedisUser::ALL {
        users.extend(passwords.get(user.as_str()).map(|password| line(user, password, &rules(user))));
    }
    users.push(String::new());
    users.join("\n")
}

/// The list of users that `found`, the content of Redis' Secret, should have, where it has another: what users need to do
/// changes from one release to the next. Their passwords never do.
pub fn renewed_users(found: &BTreeMap<String, String>, rules: impl Fn(RedisUser) -> String) -> Option<String> {
    let users = users(found, rules);
    (found.get(key::REDIS_USERS) != Some(&users)).then_some(users)
}

/// The first bytes, as hexadecimal digits.
fn short<const BYTES: usize>(random: &[u8; 32]) -> String {
    random.first_chunk::<BYTES>().map(hex::encode).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::secrets::rules;

    const ALL: [GeneratedSecret; 4] =
        [GeneratedSecret::RedisAuth, GeneratedSecret::Store, GeneratedSecret::Service, GeneratedSecret::Jwt];

    fn random(seed: u8) -> Random {
        [0, 1, 2, 3, 4].map(|place| [seed.wrapping_mul(16).wrapping_add(place); 32])
    }

    #[test]
    fn every_value_is_long_and_used_once() {
        for secret in ALL {
            let made = content(secret, &random(1), rules);
            let values: BTreeSet<&String> = made.values().collect();
            assert_eq!(values.len(), made.len(), "{secret:?} uses bytes twice");
            assert!(made.values().all(|value| value.len() >= 20), "{secret:?}");
            assert_ne!(made, content(secret, &random(2), rules), "{secret:?} does not come from the bytes");
        }
        for (secret, name) in [(GeneratedSecret::Service, key::SERVICE), (GeneratedSecret::Jwt, key::JWT)] {
            let made = content(secret, &random(1), rules);
            assert!(made[name].len() >= 32, "a role refuses a shorter key");
        }
    }

    #[test]
    fn the_list_of_users_holds_no_password() {
        let made = content(GeneratedSecret::RedisAuth, &random(1), rules);
        let list = &made[key::REDIS_USERS];
        for user in RedisUser::ALL {
            assert!(!list.contains(&made[user.as_str()]), "{user:?}");
            let line = list.lines().find(|line| line.starts_with(&format!("user {} on #", user.as_str())));
            assert!(line.is_some_and(|line| line.ends_with(&rules(user))), "{user:?}: {line:?}");
        }
        assert!(list.starts_with("user default off "));
        assert_eq!(list.lines().count(), RedisUser::ALL.len() + 1);
    }

    #[test]
    fn a_list_of_an_earlier_release_is_renewed_with_the_same_passwords() {
        let made = content(GeneratedSecret::RedisAuth, &random(1), rules);
        assert_eq!(renewed_users(&made, rules), None);
        let earlier = content(GeneratedSecret::RedisAuth, &random(1), |_| "+ping".to_owned());
        assert_eq!(renewed_users(&earlier, rules), made.get(key::REDIS_USERS).cloned());
    }

    #[test]
    fn nobody_may_delete_everything_or_change_redis() {
        for user in RedisUser::ALL {
            for word in rules(user).split(' ') {
                assert!(!["+flushall", "+flushdb", "+config", "+acl", "+shutdown"].contains(&word), "{user:?}: {word}");
            }
            let everything = rules(user).contains("+@all");
            assert!(!everything || rules(user).contains("-@admin -@dangerous"), "{user:?}");
        }
    }
}
