//! Arrays of any length in responses: each element is handed over while the rest still comes.

use std::fmt;
use std::io::{BufReader, Read};
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

use super::call::Client;
use super::error::Error;
use super::item::Difference;
use super::past::Ends;
use crate::domain::Revision;

/// An array. The failure of `take` ends it, and is kept here: serde knows its own errors only.
struct Array<'a, T, E, F> {
    take: F,
    failure: &'a mut Option<E>,
    elements: PhantomData<T>,
}

/// The response of a diff. Its ends come before its changes.
struct Diff<'a, E, F> {
    take: F,
    failure: &'a mut Option<E>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Member {
    From,
    To,
    Changes,
    #[serde(other)]
    Other,
}

impl<'de, T: DeserializeOwned, E, F: FnMut(T) -> Result<(), E>> DeserializeSeed<'de> for Array<'_, T, E, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, T: DeserializeOwned, E, F: FnMut(T) -> Result<(), E>> Visitor<'de> for Array<'_, T, E, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut elements: A) -> Result<(), A::Error> {
        while let Some(element) = elements.next_element()? {
            if let Err(failure) = (self.take)(element) {
                *self.failure = Some(failure);
                return Err(A::Error::custom("the elements are not wanted any more"));
            }
        }
        Ok(())
    }
}

impl<'de, E, F: FnMut(Ends, Difference) -> Result<(), E>> DeserializeSeed<'de> for Diff<'_, E, F> {
    type Value = Ends;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Ends, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, E, F: FnMut(Ends, Difference) -> Result<(), E>> Visitor<'de> for Diff<'_, E, F> {
    type Value = Ends;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Ends, A::Error> {
        let Self { mut take, failure } = self;
        let (mut from, mut to, mut ends) = (None, None, None);
        while let Some(member) = members.next_key()? {
            match member {
                Member::From => from = Some(Revision::new(members.next_value()?)),
                Member::To => to = Some(Revision::new(members.next_value()?)),
                Member::Changes => {
                    let (Some(from), Some(to)) = (from, to) else {
                        return Err(A::Error::custom("the changes come before their ends"));
                    };
                    let known = Ends { from, to };
                    let take = |difference| take(known, difference);
                    members.next_value_seed(Array { take, failure, elements: PhantomData })?;
                    ends = Some(known);
                }
                Member::Other => drop(members.next_value::<IgnoredAny>()?),
            }
        }
        ends.ok_or_else(|| A::Error::missing_field("changes"))
    }
}

impl Client {
    /// Hands over the elements of a body that is an array.
    pub(super) fn each<T: DeserializeOwned, E: From<Error>>(
        &self,
        body: impl Read,
        take: impl FnMut(T) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut failure = None;
        let array = Array { take, failure: &mut failure, elements: PhantomData };
        let read = read(body, array);
        self.ended(read, failure)
    }

    /// Hands over the differences of a body that is a diff.
    pub(super) fn each_of_diff<E: From<Error>>(
        &self,
        body: impl Read,
        take: impl FnMut(Ends, Difference) -> Result<(), E>,
    ) -> Result<Ends, E> {
        let mut failure = None;
        let read = read(body, Diff { take, failure: &mut failure });
        self.ended(read, failure)
    }

    fn ended<T, E: From<Error>>(
        &self,
        read: Result<T, serde_json::Error>,
        failure: Option<E>,
    ) -> Result<T, E> {
        match (read, failure) {
            (_, Some(failure)) => Err(failure),
            (Ok(read), None) => Ok(read),
            (Err(error), None) if error.is_io() || error.is_eof() => {
                let why = "the connection failed while the response came".to_owned();
                Err(Error::Unreachable { server: self.place().to_owned(), why }.into())
            }
            (Err(error), None) => Err(self.not_of_the_contract(&place_of(&error)).into()),
        }
    }
}

fn read<'de, S: DeserializeSeed<'de>>(body: impl Read, seed: S) -> Result<S::Value, serde_json::Error> {
    let mut json = serde_json::Deserializer::from_reader(BufReader::with_capacity(64 << 10, body));
    let read = seed.deserialize(&mut json)?;
    json.end()?;
    Ok(read)
}

/// Without serde's own text, which may quote a value.
fn place_of(error: &serde_json::Error) -> String {
    format!("line {}, column {} of the JSON", error.line(), error.column())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client() -> Client {
        Client::new("http://127.0.0.1:1").unwrap()
    }

    #[test]
    fn the_ends_of_a_diff_come_with_each_difference_and_where_there_is_none() {
        let none = r#"{"from":1,"to":2,"new":[{}],"changes":[]}"#;
        let ends = client().each_of_diff::<Error>(none.as_bytes(), |_, _| panic!("none")).unwrap();
        assert_eq!(ends, Ends { from: Revision::new(1), to: Revision::new(2) });
        let one = r#"{"from":1,"to":2,"changes":[{"name":"a","kind":"removed","from":null,"to":null}]}"#;
        let mut seen = Vec::new();
        let take = |ends: Ends, found: Difference| {
            seen.push((ends.to, found.name().to_owned()));
            Ok::<_, Error>(())
        };
        client().each_of_diff(one.as_bytes(), take).unwrap();
        assert_eq!(seen, [(Revision::new(2), "a".to_owned())]);
    }

    #[test]
    fn a_response_that_breaks_off_is_no_whole_one() {
        let mut taken = Vec::new();
        let take = |number: u64| {
            taken.push(number);
            Ok::<_, Error>(())
        };
        let broken = client().each("[1,2,".as_bytes(), take).unwrap_err();
        assert!(matches!(broken, Error::Unreachable { .. }), "{broken:?}");
        assert_eq!(taken, [1, 2]);
        let wrong = client().each("{\"a\":\"secret\"}".as_bytes(), |_: u64| Ok::<_, Error>(())).unwrap_err();
        assert!(
            matches!(&wrong, Error::NotOfTheContract { why, .. } if !why.contains("secret")),
            "{wrong:?}"
        );
    }

    #[test]
    fn the_failure_of_the_reader_ends_the_array_and_is_its_own() {
        let stop = |_: u64| Err(Error::Invalid("enough".to_owned()));
        assert_eq!(client().each("[1,2]".as_bytes(), stop), Err(Error::Invalid("enough".to_owned())));
    }
}
