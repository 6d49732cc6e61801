//! Labels or annotations in two pieces of memory: as a map they take three times as much, and thousands of objects are kept.

use std::collections::BTreeMap;

/// Names with their values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Pairs {
    /// Each name, then its value, without anything in between.
    text: Box<str>,
    /// Where each of them ends.
    ends: Box<[usize]>,
}

impl Pairs {
    /// Those of a map.
    pub(super) fn of(map: Option<BTreeMap<String, String>>) -> Self {
        let (mut text, mut ends) = (String::new(), Vec::new());
        for part in map.into_iter().flatten().flat_map(|(name, value)| [name, value]) {
            text.push_str(&part);
            ends.push(text.len());
        }
        Self { text: text.into(), ends: ends.into() }
    }

    /// The value of a name.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(found, _)| *found == name).map(|(_, value)| value)
    }

    /// All of them; `None` where there are none.
    pub(super) fn to_map(&self) -> Option<BTreeMap<String, String>> {
        let map = self.iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        (!self.ends.is_empty()).then(|| map.collect())
    }

    fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let begins = std::iter::once(0).chain(self.ends.iter().copied());
        let mut parts = begins.zip(&self.ends).filter_map(|(begin, end)| self.text.get(begin..*end));
        std::iter::from_fn(move || Some((parts.next()?, parts.next()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_those_of_the_map() {
        let map: BTreeMap<String, String> =
            [("a", "1"), ("empty", ""), ("z\0", "\0é")].map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let pairs = Pairs::of(Some(map.clone()));
        assert_eq!(
            ["a", "empty", "z\0", "1", ""].map(|name| pairs.get(name)),
            [Some("1"), Some(""), Some("\0é"), None, None]
        );
        assert_eq!(pairs.to_map(), Some(map));
        assert_eq!((Pairs::of(None).to_map(), Pairs::of(None).get("a")), (None, None));
    }
}
