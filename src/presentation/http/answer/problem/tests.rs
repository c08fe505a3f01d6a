use super::*;
use crate::domain::FailedOperation;

fn shown(problem: Problem) -> (u16, String) {
    let response = problem.into_response();
    let (mut reader, _) = response.data.into_reader_and_size();
    let mut body = String::new();
    std::io::Read::read_to_string(&mut reader, &mut body).unwrap();
    (response.status_code, body)
}

#[test]
fn the_inner_text_of_a_store_error_stays_inside() {
    let error = Error::from(StoreError::Unexpected("SELECT secret".into()));
    let problem = Problem::of(&error, Act::Read, Backing::Embedded);
    assert!(problem.inner().is_some_and(|inner| inner.contains("SELECT")));
    let (status, body) = shown(problem);
    assert!(
        status == 500 && !body.contains("SELECT") && body.contains("\"type\":\"/problems/internal\""),
        "{body}"
    );
}

#[test]
fn a_write_that_failed_says_whether_it_was_stored() {
    let of = |error: Error, act, backing| {
        let (status, body) = shown(Problem::of(&error, act, backing));
        let outcome = ["not stored", "unknown"]
            .into_iter()
            .find(|text| body.contains(&format!("\"outcome\":\"{text}\"")));
        (status, outcome)
    };
    let unavailable = || Error::from(StoreError::Unavailable(String::new()));
    let full = || Error::from(StoreError::Full(String::new()));
    assert_eq!(of(Error::Overloaded, Act::Write, Backing::Embedded), (503, Some("not stored")));
    assert_eq!(of(unavailable(), Act::Write, Backing::Database), (503, Some("not stored")));
    assert_eq!(of(unavailable(), Act::Read, Backing::Database), (503, None));
    assert_eq!(of(Error::OutcomeUnknown, Act::Write, Backing::Database), (503, Some("unknown")));
    assert_eq!(of(full(), Act::Write, Backing::Embedded), (507, Some("not stored")));
    assert_eq!(of(full(), Act::Write, Backing::Database), (503, Some("not stored")));
}

#[test]
fn a_failed_transaction_names_its_operations() {
    let name = ConfigName::parse("a").unwrap();
    let failed = vec![FailedOperation { index: 3, name, current: Revision::new(7) }];
    let error = Error::Rejected(crate::domain::Rejection::TransactionFailed(failed));
    let (status, body) = shown(Problem::of(&error, Act::Write, Backing::Embedded));
    assert_eq!(status, 409);
    assert!(body.contains("\"failed\":[{\"index\":3,\"name\":\"a\",\"current_revision\":7}]"), "{body}");
}
