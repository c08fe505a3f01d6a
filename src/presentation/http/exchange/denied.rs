//! Requests that are denied, for the audit: by which method and route, from whom, and why.
//!
//! Called where a problem becomes a response. A record has the template of the route and never the path: a name may be
//! one that its reader must not know (`a_denied_request_is_audited_without_its_path`).

use super::Exchange;
use crate::application::{DeniedRecord, DeniedSender};
use crate::domain::Standing;
use crate::presentation::http::answer::problem::Problem;
use crate::presentation::http::routes::ROUTES;
use crate::presentation::http::traffic::Verb;
use crate::server::RequestHead;

/// The methods that are recorded by name. A client can make up others.
const METHODS: [&str; 7] = ["GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS", "PATCH"];

/// The request that was denied, without what its client wrote.
#[derive(Clone, Copy)]
pub(in crate::presentation::http) struct Asked {
    method: &'static str,
    /// The index of its route.
    route: Option<usize>,
}

impl Asked {
    /// Of a head that was refused before its route counted.
    pub(in crate::presentation::http) fn of_head(head: &RequestHead<'_>, route: Option<usize>) -> Self {
        let known = METHODS.iter().find(|known| **known == head.method);
        Self { method: known.copied().unwrap_or("other"), route }
    }
}

impl Exchange {
    /// The request, where its head was let in.
    pub(super) fn asked(&self) -> Asked {
        let route = self.place.as_ref().map(|place| place.route);
        let method = match (self.verb, route) {
            (Verb::Head, _) => "HEAD",
            (Verb::Own, Some(route)) => ROUTES[route].method,
            (Verb::Own, None) => "other",
        };
        Asked { method, route }
    }

    /// Hands a problem to the audit if it denies the request.
    pub(super) fn note_denied(&self, problem: &Problem, asked: Asked) {
        let Some(word) = problem.denial() else { return };
        let principal = self.principal();
        let is_known = principal.standing != Standing::Anonymous;
        let sender = match &principal.id {
            Some(id) if is_known => DeniedSender::Token(id.clone()),
            _ => DeniedSender::Address(self.peer.ip()),
        };
        let view = self.view();
        view.note_denied(sender, || DeniedRecord {
            time: view.now(),
            status: problem.status(),
            problem: word.to_owned(),
            method: asked.method,
            route: self.shared.traffic.template(asked.route).to_owned(),
            actor: is_known.then(|| principal.actor.clone()),
            actor_id: principal.id.clone().filter(|_| is_known),
            peer: self.peer.to_string(),
            request_id: self.request_id(),
            not_recorded: 0,
        });
    }
}
