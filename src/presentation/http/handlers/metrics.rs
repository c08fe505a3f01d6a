//! `/metrics` in Prometheus' text format, or as `OpenMetrics` for clients that ask for it.
//!
//! The notes of the store's threads and the counters of the connection layer and of `traffic` are read at the moment of
//! the request. Nothing is kept here. A label is never a name or a value: labels would be unbounded, and secret.

use std::collections::HashSet;
use std::time::Duration;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, NoLabelSet, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::{Registry, Unit};
use rouille::ResponseBody;

use crate::application::{Check, DenialCounts, Health, TokenCounts};
use crate::presentation::http::answer::problem::Problem;
use crate::presentation::http::answer::response::{put, response};
use crate::presentation::http::exchange::Answered;
use crate::presentation::http::request::call::Call;
use crate::presentation::http::request::negotiation::{MetricsForm, metrics_form};
use crate::presentation::http::traffic::{Durations, RequestCount};
use crate::server::{Reply, Stats};

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const PLAIN: &str = "text/plain; version=0.0.4; charset=utf-8";

/// `GET /metrics`
pub(in crate::presentation::http) fn metrics(call: &Call<'_>) -> Answered {
    let mut registry = Registry::with_prefix("configapi");
    let stats = call.exchange.shared.stats.get().map(|stats| stats());
    let (requests, durations) =
        (call.exchange.shared.traffic.requests(), call.exchange.shared.traffic.durations());
    let health = call.exchange.view().health();
    let answers_bytes = call.exchange.shared.answers.held_bytes();
    let tokens = call.exchange.view().token_counts();
    let denials = call.exchange.view().denial_counts();
    registry.register_collector(Box::new(Measured {
        health,
        answers_bytes,
        tokens,
        denials,
        stats,
        requests,
        durations,
    }));
    let mut body = String::new();
    text::encode(&mut body, &registry).map_err(|_| {
        Problem::refused(500, "the metrics can't be written: look into the server's log", None)
    })?;
    let (content_type, body) = match metrics_form(call.request) {
        MetricsForm::OpenMetrics => (OPEN_METRICS, body),
        MetricsForm::Plain => (PLAIN, plain(&body)),
    };
    let data = ResponseBody::from_string(body);
    let mut response = response(200, data);
    put(&mut response, "Content-Type", content_type);
    put(&mut response, "Vary", "Accept");
    Ok(Reply::Ready(response))
}

/// The same in text format 0.0.4: it has no units and no end, and a counter's lines name it with its `_total`.
fn plain(open_metrics: &str) -> String {
    let counters: HashSet<&str> = open_metrics
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.strip_suffix(" counter"))
        .collect();
    let mut plain = String::with_capacity(open_metrics.len());
    for line in open_metrics.lines().filter(|line| *line != "# EOF" && !line.starts_with("# UNIT ")) {
        let about = line.strip_prefix("# HELP ").or_else(|| line.strip_prefix("# TYPE "));
        let (start, rest) = match about.and_then(|about| about.split_once(' ')) {
            Some((name, rest)) if counters.contains(name) => {
                plain.push_str(&line[..line.len() - rest.len() - 1]);
                ("_total ", rest)
            }
            _ => ("", line),
        };
        plain.extend([start, rest, "\n"]);
    }
    plain
}

/// The state at this moment.
#[derive(Debug)]
struct Measured {
    health: Health,
    answers_bytes: u64,
    tokens: TokenCounts,
    denials: DenialCounts,
    stats: Option<Stats>,
    requests: Vec<RequestCount>,
    durations: Vec<Durations>,
}

impl Collector for Measured {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        self.encode_traffic(&mut encoder)?;
        let mut show = |name: &str, help: &str, unit: Option<&Unit>, metric: &dyn ShowMetric| {
            metric.show(&mut encoder, name, help, unit)
        };
        let Health {
            eventstore, projection, database, clock, applied, head, level_age, worker_restarts, ..
        } = &self.health;
        for (name, help, check) in [
            ("eventstore_up", "Whether the log is followed.", eventstore),
            ("projection_up", "Whether the tree follows the log.", projection),
            ("database_up", "Whether the database answers.", database),
            ("clock_up", "Whether the clock that dates changes can be right.", clock),
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
        // Never known: not a number, as Prometheus writes an unknown one.
        show(
            "lag",
            "Since this server was last known to have all of the log.",
            Some(&Unit::Seconds),
            &ConstGauge::new(level_age.map_or(f64::NAN, |age| age.as_secs_f64())),
        )?;
        show(
            "worker_restarts",
            "Threads started again after a panic.",
            None,
            &ConstCounter::new(*worker_restarts),
        )?;
        show(
            "answers",
            "Data of the log in answers that clients have not taken yet.",
            Some(&Unit::Bytes),
            &ConstGauge::new(self.answers_bytes),
        )?;
        show("tokens", "Tokens that work.", None, &ConstGauge::new(self.tokens.live))?;
        if let Some(left) = self.tokens.next_end {
            let days = left.as_secs_f64() / Duration::from_hours(24).as_secs_f64();
            show("token_expiry_days", "Days until the next token expires.", None, &ConstGauge::new(days))?;
        }
        for (name, help, count) in [
            ("denied_requests", "Requests without the right that they need.", self.denials.denied),
            ("denied_requests_not_recorded", "Those without an audit record.", self.denials.not_recorded),
        ] {
            show(name, help, None, &ConstCounter::new(count))?;
        }
        let Some(stats) = &self.stats else { return Ok(()) };
        show("connections_open", "Connections open now.", None, &ConstGauge::new(stats.connections_open))?;
        show(
            "request_bodies",
            "Request bodies in memory now.",
            Some(&Unit::Bytes),
            &ConstGauge::new(stats.bodies_bytes),
        )?;
        show(
            "unsent_responses",
            "Written responses that clients have not taken yet.",
            Some(&Unit::Bytes),
            &ConstGauge::new(stats.outputs_bytes),
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
        Self::show_tls(stats, &mut show)?;
        show("received", "Bytes received.", Some(&Unit::Bytes), &ConstCounter::new(stats.bytes_received))?;
        show("sent", "Bytes sent.", Some(&Unit::Bytes), &ConstCounter::new(stats.bytes_sent))
    }
}

/// Writes one metric: its name, its help, its unit, its value.
type Show<'a> = dyn FnMut(&str, &str, Option<&Unit>, &dyn ShowMetric) -> Result<(), std::fmt::Error> + 'a;

impl Measured {
    /// Only where the server has a certificate.
    fn show_tls(stats: &Stats, show: &mut Show<'_>) -> Result<(), std::fmt::Error> {
        let Some(reload_failures) = stats.tls_reload_failures else { return Ok(()) };
        if let Some(expires) = stats.tls_expires_unix_s {
            let help = "When the certificate of the server expires, since 1970.";
            let unit = Some(&Unit::Seconds);
            show("tls_certificate_expiry_timestamp", help, unit, &ConstGauge::new(expires))?;
        }
        for (name, help, count) in [
            ("tls_reload_failures", "New certificates and keys that could not be used.", reload_failures),
            ("tls_failures", "Connections that failed before or by TLS.", stats.tls_failures),
        ] {
            show(name, help, None, &ConstCounter::new(count))?;
        }
        Ok(())
    }

    fn encode_traffic(&self, encoder: &mut DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let help = "Requests by route and class of status; `other` where no route was found.";
        let mut family = encoder.encode_descriptor("http_requests", help, None, MetricType::Counter)?;
        for RequestCount { route, method, class, count } in &self.requests {
            let labels = [("route", route.as_str()), ("method", method), ("status", class)];
            ConstCounter::new(*count).encode(family.encode_family(&labels)?)?;
        }
        let help = "From the end of a request's head until its response's head is written.";
        let unit = Some(&Unit::Seconds);
        let mut family =
            encoder.encode_descriptor("http_request_duration", help, unit, MetricType::Histogram)?;
        for Durations { route, method, total_seconds, buckets } in &self.durations {
            let count = buckets.iter().map(|(_, count)| count).sum();
            let labels = [("route", route.as_str()), ("method", method)];
            let mut family = family.encode_family(&labels)?;
            family.encode_histogram::<NoLabelSet>(*total_seconds, count, buckets, None)?;
        }
        Ok(())
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

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn the_text_format_has_neither_units_nor_an_end() {
        let open = "# HELP a_seconds It lasts.\n# TYPE a_seconds gauge\n# UNIT a_seconds seconds\na_seconds 1.5\n\
                    # HELP b It counts.\n# TYPE b counter\nb_total{x=\"# EOF\"} 2\n# EOF\n";
        let expected = "# HELP a_seconds It lasts.\n# TYPE a_seconds gauge\na_seconds 1.5\n\
                        # HELP b_total It counts.\n# TYPE b_total counter\nb_total{x=\"# EOF\"} 2\n";
        assert_eq!(plain(open), expected);
    }
}
