//! Reading requests without a socket: the fuzz targets' bodies over their corpus and over made-up input.

use std::fs;
use std::path::Path;

use configapi::server::fuzzing::{read_head, read_requests};
use proptest::prelude::*;

fn corpus() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/connection");
    let mut inputs: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            // The first two bytes are the fuzz target's places to cut.
            (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&path).unwrap().split_off(2))
        })
        .collect();
    inputs.sort();
    assert!(!inputs.is_empty(), "the corpus is missing");
    inputs
}

#[test]
fn every_split_of_the_input_gives_the_same_answers() {
    for (_, input) in corpus() {
        read_head(&input);
        let each_byte: Vec<usize> = (0..input.len()).collect();
        read_requests(&input, &each_byte);
        for cut in 0..input.len() {
            read_requests(&input, &[cut]);
        }
    }
}

#[test]
fn the_corpus_is_read_as_it_is_meant() {
    for (name, input) in corpus() {
        let reading = read_requests(&input, &[]);
        let bodies: Vec<&[u8]> = reading.requests.iter().map(|request| &request.body[..]).collect();
        match name.as_str() {
            "pipelined" => assert_eq!(bodies, [b"", b"", &b"abc"[..], b""]),
            "chunked" => assert_eq!(bodies, [&b"hello0123456789"[..], b""]),
            "get" | "absolute" | "long_line" => assert_eq!(bodies, [b""]),
            "continue" => assert_eq!(bodies, [b"hi"]),
            "smuggled" | "length_signed" | "bare_line_feed" | "folded" | "version_2" => {
                assert_eq!((bodies.len(), reading.refused), (0, true), "{name}");
            }
            // Found by fuzzing: that it holds the invariants is all that is asked.
            _ => {}
        }
    }
}

/// Pieces of requests, right and wrong, that come after each other in any order.
fn fragments() -> impl Strategy<Value = Vec<u8>> {
    let fragment = prop::sample::select(vec![
        "GET ",
        "POST ",
        "HEAD ",
        "/a",
        "*",
        "http://b/c",
        " HTTP/1.1\r\n",
        " HTTP/1.0\r\n",
        " HTTP/2.0\r\n",
        "Host: a\r\n",
        "Host: \r\n",
        "Content-Length: 3\r\n",
        "Content-Length: 0\r\n",
        "Content-Length: -1\r\n",
        "Transfer-Encoding: chunked\r\n",
        "Transfer-Encoding: gzip, chunked\r\n",
        "Expect: 100-continue\r\n",
        "Connection: close\r\n",
        "X: y\r\n",
        " folded\r\n",
        "\r\n",
        "\n",
        "\r",
        "\0",
        "3\r\nabc\r\n",
        "0\r\n",
        "0\r\n\r\n",
        "3;x=y\r\nabc\r\n",
        "T: u\r\n",
        "abc",
        ";",
        ":",
        " ",
        "\t",
        "é",
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
    ]);
    prop::collection::vec(fragment, 0..24).prop_map(|fragments| fragments.concat().into_bytes())
}

/// A corpus input with a few bytes changed.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let inputs: Vec<Vec<u8>> = corpus().into_iter().map(|(_, input)| input).collect();
    let change = (any::<prop::sample::Index>(), any::<u8>());
    (prop::sample::select(inputs), prop::collection::vec(change, 0..4)).prop_map(|(mut input, changes)| {
        for (place, byte) in changes {
            let place = place.index(input.len());
            input[place] = byte;
        }
        input
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_fragments_cut_anywhere_hold_the_invariants(
        input in fragments(),
        cuts in prop::collection::vec(0..400_usize, 0..6),
    ) {
        read_head(&input);
        read_requests(&input, &cuts);
    }

    #[test]
    fn any_change_of_the_corpus_cut_anywhere_holds_the_invariants(
        input in mutated(),
        cuts in prop::collection::vec(0..400_usize, 0..6),
    ) {
        read_head(&input);
        read_requests(&input, &cuts);
    }

    #[test]
    fn any_bytes_hold_the_invariants(input in prop::collection::vec(any::<u8>(), 0..600)) {
        read_head(&input);
        read_requests(&input, &[7]);
    }
}
