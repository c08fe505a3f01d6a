//! The tests of the connection layer again, every byte of them through TLS.

mod client {
    pub(crate) use crate::client::{Client, PATIENCE, eventually};
}

pub(crate) mod toy {
    use std::net::{SocketAddr, TcpListener};
    use std::ops::Deref;
    use std::sync::{Arc, LazyLock};

    use configapi::server::{ConnectionLimits, Listener, TlsFiles, TlsKeys};
    use rustls::ClientConfig;

    use crate::client::Listening;
    use crate::support::certificates::{Authority, Pair};
    pub(crate) use crate::toy::Pattern;

    pub(crate) static AUTHORITY: LazyLock<Authority> = LazyLock::new(|| Authority::new("tests"));
    static PAIR: LazyLock<Pair> = LazyLock::new(|| AUTHORITY.server("server", 2100));
    /// One for all, so that sessions are resumed now and then.
    static TRUST: LazyLock<Arc<ClientConfig>> = LazyLock::new(|| Arc::new(AUTHORITY.trusting(None)));

    /// The keys of a server, read from files that are gone afterwards.
    pub(crate) fn keys(pair: &Pair, client_ca: Option<&Authority>) -> Arc<TlsKeys> {
        let folder = tempfile::tempdir().unwrap();
        let (certificate, key) = pair.write(folder.path());
        let client_ca = client_ca.map(|authority| {
            let path = folder.path().join("ca.crt");
            std::fs::write(&path, &authority.certificate).unwrap();
            path
        });
        let logger = slog::Logger::root(slog::Discard, slog::o!());
        TlsKeys::load(TlsFiles { certificate, key, client_ca }, logger).unwrap()
    }

    pub(crate) fn listener(keys: Arc<TlsKeys>) -> Listener {
        Listener::tls(TcpListener::bind("127.0.0.1:0").unwrap(), keys).unwrap()
    }

    /// The toy behind a listener with TLS.
    pub(crate) struct Running(crate::toy::Running);

    impl Running {
        pub(crate) fn new() -> Self {
            Self::with(|_| {})
        }

        pub(crate) fn with(change: impl FnOnce(&mut ConnectionLimits)) -> Self {
            let listener = listener(keys(&PAIR, None));
            Self(crate::toy::Running::on(vec![listener], Some(Arc::clone(&TRUST)), change))
        }
    }

    impl Deref for Running {
        type Target = crate::toy::Running;

        fn deref(&self) -> &Self::Target {
            &self.0
        }
    }

    impl Listening for Running {
        fn listening_on(&self) -> SocketAddr {
            self.0.listening_on()
        }

        fn trust(&self) -> Option<Arc<ClientConfig>> {
            self.0.trust()
        }
    }
}

#[path = "framing.rs"]
mod framing;
#[path = "limits.rs"]
mod limits;
#[path = "pressure.rs"]
mod pressure;
#[path = "replies.rs"]
mod replies;
#[path = "requests.rs"]
mod requests;
#[path = "seam.rs"]
mod seam;
#[path = "turns.rs"]
mod turns;
