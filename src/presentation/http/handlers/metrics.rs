//! `/metrics` in Prometheus' text form: what the store's threads have noted and what the connection layer has
//! counted, read at the moment of asking.
//!
//! Nothing is kept here: the counters live where things happen. Never a name or a value: labels would be
//! unbounded, and secret.

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, text};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::{Registry, Unit};
use rouille::{Response, ResponseBody};

use crate::application::{Check, Health};
use crate::presentation::http::answer::problem::Problem;
use crate::presentation::http::exchange::Answered;
use crate::presentation::http::request::call::Call;
use crate::presentation::http::request::fields::put;
use crate::server::{Reply, Stats};

/// The form that scrapers of the last years ask for.
const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// `GET /metrics`
pub(in crate::presentation::http) fn metrics(call: &Call<'_>) -> Answered {
    let mut registry = Registry::with_prefix("configapi");
    let stats = call.exchange.shared.stats.get().map(|stats| stats());
    registry.register_collector(Box::new(Seen { health: call.exchange.shared.store.health(), stats }));
    let mut body = String::new();
    text::encode(&mut body, &registry).map_err(|_| {
        Problem::refused(500, "the metrics can't be written: look into the server's log", None)
    })?;
    let data = ResponseBody::from_string(body);
    let mut response = Response { status_code: 200, headers: Vec::with_capacity(8), data, upgrade: None };
    put(&mut response, "Content-Type", CONTENT_TYPE);
    Ok(Reply::Ready(response))
}

/// What is true at this moment.
#[derive(Debug)]
struct Seen {
    health: Health,
    stats: Option<Stats>,
}

impl Collector for Seen {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let mut show = |name: &str, help: &str, unit: Option<&Unit>, metric: &dyn ShowMetric| {
            metric.show(&mut encoder, name, help, unit)
        };
        let Health { eventstore, projection, database, applied, head, level_age, worker_restarts, .. } =
            &self.health;
        for (name, help, check) in [
            ("eventstore_up", "Whether the log is followed.", eventstore),
            ("projection_up", "Whether the tree follows the log.", projection),
            ("database_up", "Whether the database answers.", database),
        ] {
            show(name, help, None, &ConstGauge::new(u64::from(*check == Check::Ok)))?;
        }
        show(
            "applied_revision",
            "The revision that reads of now see.",
            None,
            &ConstGauge::new(applied.get()),
        )?;
        show(
            "head_revision",
            "The last revision known to be in the log.",
            None,
            &ConstGauge::new(head.get()),
        )?;
        show(
            "lag",
            "Since this server was last known to have all of the log.",
            Some(&Unit::Seconds),
            &ConstGauge::new(level_age.as_secs_f64()),
        )?;
        show(
            "worker_restarts",
            "Threads started again after a panic.",
            None,
            &ConstCounter::new(*worker_restarts),
        )?;
        let Some(stats) = &self.stats else { return Ok(()) };
        show("connections_open", "Connections open now.", None, &ConstGauge::new(stats.connections_open))?;
        show(
            "request_bodies",
            "Request bodies in memory now.",
            Some(&Unit::Bytes),
            &ConstGauge::new(stats.bodies_bytes),
        )?;
        for (name, help, count) in [
            ("connections_accepted", "Connections accepted.", stats.connections_accepted),
            ("connections_refused", "Connections past the limit.", stats.connections_refused),
            ("connections_cut", "Connections cut before their answer ended.", stats.connections_cut),
            ("accept_errors", "Accepts that failed.", stats.accept_errors),
            ("requests", "Requests given to the service.", stats.requests),
            ("requests_refused", "Requests answered by the connection layer itself.", stats.requests_refused),
            ("handler_panics", "Panics of handlers.", stats.handler_panics),
        ] {
            show(name, help, None, &ConstCounter::new(count))?;
        }
        show("received", "Bytes received.", Some(&Unit::Bytes), &ConstCounter::new(stats.bytes_received))?;
        show("sent", "Bytes sent.", Some(&Unit::Bytes), &ConstCounter::new(stats.bytes_sent))
    }
}

/// A metric of any type under its name.
trait ShowMetric {
    fn show(
        &self,
        encoder: &mut DescriptorEncoder<'_>,
        name: &str,
        help: &str,
        unit: Option<&Unit>,
    ) -> Result<(), std::fmt::Error>;
}

impl<M: EncodeMetric> ShowMetric for M {
    fn show(
        &self,
        encoder: &mut DescriptorEncoder<'_>,
        name: &str,
        help: &str,
        unit: Option<&Unit>,
    ) -> Result<(), std::fmt::Error> {
        let encoder = encoder.encode_descriptor(name, help, unit, self.metric_type())?;
        self.encode(encoder)
    }
}
