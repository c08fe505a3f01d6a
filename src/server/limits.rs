//! Every limit and deadline of the connection layer, in one place: its unit, its default and the reason.
//!
//! `ConnectionLimits::default()` is what the server runs with; tests make single deadlines short.

use std::num::NonZeroUsize;
use std::thread;
use std::time::Duration;

/// The most fields that a head may have, and the size of the parser's table: a constant, because the table
/// lies on the stack. Browsers and proxies send up to thirty.
pub const FIELDS_MAX: usize = 64;

/// Whose bodies have neither a share of the memory nor a least rate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnlimitedPeers {
    /// Every client has both.
    Nobody,
    /// Clients on the same machine have neither: they are the operator's own.
    #[default]
    Loopback,
    /// No client has: all of them come through a proxy, whose address says nothing about one of them.
    Everybody,
}

/// What a server may use, and for how long. All counts are for the whole server unless they say otherwise.
#[derive(Clone, Debug)]
pub struct ConnectionLimits {
    /// Threads with an epoll each. One a core: they never block, so more would only take turns.
    pub connection_threads: usize,
    /// Worker threads for what reads the store. Four a core and at least eight: they mostly wait for it.
    pub pool_threads: usize,
    /// Of these, how many may be busy with searches of waiting requests. A quarter: however many long polls have to
    /// catch up, the others go on with what is asked now.
    pub search_threads: usize,
    /// Work waiting for a worker; 503 past it. Two seconds of work at a millisecond each on eight workers.
    pub pool_queue_max: usize,
    /// Open connections; 503 and close past it. 16,384 idle ones cost about 6 MB here and more in the kernel.
    pub connections_max: usize,
    /// Connections that the kernel has made and no thread has accepted yet: past it, connecting takes a second
    /// more, the time to send again. The kernel cuts it to `net.core.somaxconn`; std asks for 128 only.
    pub accept_queue_max: u16,
    /// Connections past `connections_max` that get a 503; beyond these they are closed without a response, and so is every
    /// TLS connection.
    pub connections_refused_max: usize,
    /// A request line; 414 past it. What RFC 9112 section 3 recommends as the least to support.
    pub request_line_bytes_max: usize,
    /// A whole head with its request line; 431 past it.
    pub head_bytes_max: usize,
    /// The body of a refused request that is passed over when it came with its head, so that the connection goes
    /// on; with a longer one it ends.
    pub skipped_body_bytes_max: u64,
    /// All request bodies in memory together, and the commands made of them; 503 past it, because memory is what would
    /// run out next.
    pub bodies_bytes_max: u64,
    /// The part of it that only small bodies may take: a thousand ordinary writes at once, however many large bodies
    /// wait for the rest.
    pub small_bodies_bytes_min: u64,
    /// The longest body that is a small one.
    pub small_body_bytes_max: u64,
    /// The bodies of one client while more than half of the memory is used; 503 past it. Room for the longest body and
    /// for the command that is made of it.
    pub peer_bodies_bytes_max: u64,
    /// The clients without that share and without the least rate.
    pub unlimited_peers: UnlimitedPeers,
    /// The bytes of a body that must have come for each second since its head, while more than half of the memory is
    /// used; 408 below it. A tenth of a slow mobile connection.
    pub body_bytes_per_second_min: u64,
    /// The time in which a body may be slower, so that one lost packet ends nothing.
    pub body_rate_grace: Duration,
    /// All answers that clients have not taken yet; past it, a client that leaves more is cut. A slow reader of
    /// large values costs memory, and there may be as many as connections.
    pub outputs_bytes_max: u64,
    /// The line of one chunk, its extensions included: nobody sends long ones but to waste work.
    pub chunk_line_bytes_max: usize,
    /// All trailers of a chunked body: they are read and ignored.
    pub trailers_bytes_max: usize,
    /// Bytes received ahead of the request that is being answered, a connection; past it nothing is read.
    pub pipelined_bytes_max: usize,
    /// Bytes of answers not yet written, a connection; past it no further request is started.
    pub output_bytes_high: usize,
    /// Requests answered on one connection before the others have their turn.
    pub turn_requests_max: usize,
    /// A body known to be no longer than this is taken from its `Read` on the connection's thread.
    pub inline_body_bytes_max: usize,
    /// What is pulled from a long body at a time: large enough that the hand-over costs little, small enough
    /// that slow clients hold little.
    pub pull_bytes: usize,
    /// From the start of a TLS connection to the end of its handshake; the connection is closed past it. Two round trips
    /// of the slowest networks, and some lost packets.
    pub handshake_deadline: Duration,
    /// From the first byte of a head to its last; 408 past it.
    pub head_deadline: Duration,
    /// From the end of a head to the end of its body; 408 past it.
    pub body_deadline: Duration,
    /// Between two requests; the connection is closed past it. 75 s: longer than the 60 s for which load balancers
    /// keep a connection, so that they close it first and never send a request into a closed one.
    pub idle_deadline: Duration,
    /// Without any byte taken by the client while bytes wait for it; the connection is cut past it.
    pub write_deadline: Duration,
    /// From the head of an answer to its last byte, where it is pulled or waits in the output; the connection is cut
    /// past it. A client that takes a byte now and then would hold memory for ever. A stream may go on for longer, as
    /// long as its client takes all of it within this time, again and again.
    pub answer_deadline: Duration,
    /// How long an answer that waits for memory pauses: others have taken and given back some by then.
    pub source_pause: Duration,
    /// After an answer that closes: how long what still comes in is read and dropped, so that the answer is
    /// not destroyed by a reset (RFC 9112 section 9.6).
    pub linger_deadline: Duration,
    /// How long a wait goes on after the client shut down its side: it may have gone, or may still read.
    pub half_closed_deadline: Duration,
    /// A stream that sent nothing for this long sends its heartbeat: proxies cut silent ones after 30 to 60 s.
    pub heartbeat_interval: Duration,
    /// After an accept failed for want of descriptors or memory, until the next try.
    pub accept_pause: Duration,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Self {
            connection_threads: cores,
            pool_threads: (4 * cores).max(8),
            search_threads: cores.max(2),
            pool_queue_max: 16_384,
            connections_max: 16_384,
            accept_queue_max: 4_096,
            connections_refused_max: 256,
            request_line_bytes_max: 8 << 10,
            head_bytes_max: 16 << 10,
            skipped_body_bytes_max: 16 << 10,
            bodies_bytes_max: 256 << 20,
            small_bodies_bytes_min: 64 << 20,
            small_body_bytes_max: 64 << 10,
            peer_bodies_bytes_max: 96 << 20,
            unlimited_peers: UnlimitedPeers::default(),
            body_bytes_per_second_min: 64 << 10,
            body_rate_grace: Duration::from_secs(5),
            outputs_bytes_max: 256 << 20,
            chunk_line_bytes_max: 1 << 10,
            trailers_bytes_max: 8 << 10,
            pipelined_bytes_max: 16 << 10,
            output_bytes_high: 64 << 10,
            turn_requests_max: 64,
            inline_body_bytes_max: 2 << 20,
            pull_bytes: 64 << 10,
            handshake_deadline: Duration::from_secs(10),
            head_deadline: Duration::from_secs(10),
            body_deadline: Duration::from_secs(30),
            idle_deadline: Duration::from_secs(75),
            write_deadline: Duration::from_secs(30),
            answer_deadline: Duration::from_mins(10),
            source_pause: Duration::from_millis(100),
            linger_deadline: Duration::from_secs(2),
            half_closed_deadline: Duration::from_secs(5),
            heartbeat_interval: Duration::from_secs(15),
            accept_pause: Duration::from_millis(100),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ConnectionLimits, Duration};

    /// nginx and AWS's balancer keep a connection for 60 s: a server that ends it first now and then gets a request into a
    /// closed connection, and the client a 502.
    #[test]
    fn an_idle_connection_outlives_those_of_load_balancers() {
        assert!(ConnectionLimits::default().idle_deadline > Duration::from_secs(65));
    }
}
