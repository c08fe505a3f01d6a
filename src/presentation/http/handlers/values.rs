//! One value: GET, PUT, DELETE, and its past.
//!
//! A read of now never leaves the connection's thread; a read of the past runs on the pool; a write goes to the log
//! thread. A value is sent as the text that it is, fenced off from browsers by `exchange`.

use std::borrow::Cow;
use std::io::Cursor;
use std::sync::Arc;

use rouille::{Response, ResponseBody};

use super::submit::{Marking, submit};
use crate::application::{At, Error, ShownConfig, ShownValue, ShownWritten, Write};
use crate::domain::{
    Attributes, Command, ConfigName, ContentType, Metadata, Operation, Place, Point, Reason, Revision,
    Timestamp,
};
use crate::presentation::http::answer::caching::{Keeping, VARY_VALUES, memento};
use crate::presentation::http::answer::problem::Problem;
use crate::presentation::http::answer::response::{NO_STORE, field, put, response};
use crate::presentation::http::exchange::{Answered, Exchange, pooled};
use crate::presentation::http::request::body;
use crate::presentation::http::request::call::{Call, reason, secrecy};
use crate::presentation::http::request::conditions::{Conditions, Evaluation, tag};
use crate::presentation::http::request::moment::{Moment, Seen, two_points};
use crate::presentation::http::request::negotiation::{BodyForm, Form, body_form, form};
use crate::presentation::http::request::path::is_hidden_by_a_resource;
use crate::server::{Field, Reply};
use crate::wire::item::ItemOf;
use crate::wire::put::PutJson;

/// Past this many bytes of a value its JSON is made on the pool: escaping costs some 100 µs.
const INLINE_JSON_BYTES_MAX: usize = 64 << 10;

/// How a value was asked for.
struct Asked {
    name: ConfigName,
    form: Form,
    conditions: Conditions,
    moment: Moment,
    keeping: Keeping,
    /// Of a request for a secret in clear text.
    reveal: Option<Metadata>,
    /// The address of the value itself; empty where nothing will name it.
    original: String,
}

/// `GET /config/{name}`
pub(in crate::presentation::http) fn get(call: &Call<'_>) -> Answered {
    let moment = call.moment()?;
    let asked = asked(call, moment, form(call.request))?;
    match moment.point() {
        None => call.when_applied(move |exchange| answer_now(exchange, asked)),
        Some(point) => answer_past(call, asked, point),
    }
}

/// `GET /config/{name}/at/{timestamp}`
pub(in crate::presentation::http) fn get_at(call: &Call<'_>) -> Answered {
    let text = call.texts.get(1).map(String::as_str).unwrap_or_default();
    let instant = Timestamp::parse(text)
        .map_err(|error| Problem::malformed(format!("correct the timestamp in the path: {error}")))?;
    if call.request.header("Accept-Datetime").is_some() {
        return Err(two_points());
    }
    let point = Point::Instant(instant);
    answer_past(call, asked(call, Moment::At(point), Form::Text)?, point)
}

fn asked(call: &Call<'_>, moment: Moment, form: Form) -> Result<Asked, Problem> {
    let name = call.name()?;
    let conditions = Conditions::read(call.request)?;
    let original = if moment == Moment::Now { String::new() } else { call.value_path(&name) };
    let (keeping, reveal) = (Keeping::Revalidate, call.reveal()?);
    Ok(Asked { name, form, conditions, moment, keeping, reveal, original })
}

fn answer_now(exchange: &Arc<Exchange>, asked: Asked) -> Answered {
    let Some(found) = exchange.view().get_at_once(&asked.name) else {
        return Ok(pooled(exchange, move |exchange| {
            let found = exchange.view().get(&asked.name);
            show(exchange, &asked, found.map_err(|error| exchange.failed_read(&error))?)
        }));
    };
    let takes_time = |config: &ShownConfig| {
        asked.form == Form::Json && is_long(config) || asked.reveal.is_some() && config.is_secret()
    };
    if found.found.as_ref().is_some_and(takes_time) {
        return Ok(pooled(exchange, move |exchange| show(exchange, &asked, found)));
    }
    show(exchange, &asked, found)
}

fn answer_past(call: &Call<'_>, mut asked: Asked, point: Point) -> Answered {
    Seen::followed(call.request, [point])?.then(call.request, call.exchange, move |exchange| {
        Ok(pooled(exchange, move |exchange| {
            let store = &exchange.view();
            asked.keeping = Keeping::of(asked.moment);
            let failed = |error: Error| exchange.failed_read(&error);
            let at = store.resolve(point).map_err(failed)?;
            let found = store.get_at(&asked.name, at).map_err(failed)?;
            store.confirm(point).map_err(failed)?;
            show(exchange, &asked, found)
        }))
    })
}

/// A state as an answer. A reveal is recorded first, on the pool.
fn show(exchange: &Exchange, asked: &Asked, At { revision: at, found }: At<Option<ShownConfig>>) -> Answered {
    let at_revision = |problem: Problem| problem.field("Config-Revision", at.to_string());
    let absent = || at_revision(Problem::no_such_name(&asked.name));
    let config = found.filter(ShownConfig::is_present).ok_or_else(absent)?;
    refuse_secret(exchange, asked, &config).map_err(|problem| at_revision(problem.about(&asked.name)))?;
    let (place, updated_at) = (config.place(), config.updated_at());
    let mut keeping = if config.is_secret() { asked.keeping.of_masked() } else { asked.keeping };
    let mut response = match asked.conditions.evaluate(place, asked.form) {
        Evaluation::Failed => {
            let problem = Problem::precondition_failed(place.revision()).about(&asked.name);
            return Err(at_revision(problem));
        }
        Evaluation::NotModified => bare(304),
        Evaluation::Proceed => {
            let config = match &asked.reveal {
                Some(metadata) if config.is_secret() => {
                    keeping = Keeping::Never;
                    let revealed = exchange.view().reveal(&asked.name, config, metadata);
                    revealed.map_err(|error| at_revision(exchange.failed_read(&error)))?
                }
                _ => config,
            };
            match asked.form {
                Form::Text => text(config),
                Form::Json => json(&ItemOf::whole(asked.name.clone(), config)),
            }
        }
    };
    put(&mut response, "ETag", tag(place, asked.form));
    put(&mut response, "Config-Revision", at.get().to_string());
    keeping.put(&mut response, VARY_VALUES);
    if asked.moment != Moment::Now {
        let history = format!("{}/history", asked.original);
        memento(&mut response, asked.moment, &asked.original, Some(&history), at, updated_at);
    }
    Ok(Reply::Ready(response))
}

/// Refuses a secret as bare text without a request for it, and a request for it without the right.
fn refuse_secret(exchange: &Exchange, asked: &Asked, config: &ShownConfig) -> Result<(), Problem> {
    match config.value() {
        Some(ShownValue::Shredded) if asked.form == Form::Text => Err(Problem::shredded()),
        Some(ShownValue::Masked(_)) if asked.reveal.is_some() && !exchange.view().may_reveal(&asked.name) => {
            Err(Problem::reveal_required())
        }
        Some(ShownValue::Masked(_)) if asked.form == Form::Text && asked.reveal.is_none() => {
            Err(Problem::secret())
        }
        _ => Ok(()),
    }
}

/// The subject of a PUT or a DELETE, before its body is read.
struct Intended {
    name: ConfigName,
    conditions: Conditions,
    head_reason: Option<Reason>,
    marking: Marking,
    /// The form of the answer.
    form: Form,
}

/// `PUT /config/{name}`
pub(in crate::presentation::http) fn set(call: &Call<'_>) -> Answered {
    let received = body_form(call.request)?;
    let bytes = body::take(call.request)?;
    let is_long = bytes.len() > call.exchange.shared.settings.inline_body_bytes_max;
    let (intended, head_secrecy) =
        (intended(call, call.new_name()?, form(call.request))?, call.head_secrecy()?);
    let submit_set = move |exchange: &Arc<Exchange>| {
        let (text, said, content_type, body_secrecy) = match received {
            BodyForm::Bare(content_type) => (Cow::Borrowed(body::text(&bytes)?), None, content_type, None),
            BodyForm::Envelope => {
                let PutJson { value, reason: said, content_type, secret } =
                    body::json(&bytes, PutJson::SHAPE)?;
                let content_type = body::content_type(content_type.as_deref())?;
                (value, reason(said.as_deref())?, content_type, secrecy(secret))
            }
        };
        let value = body::value(&exchange.view(), &text, content_type);
        let value = value.map_err(|problem| problem.about(&intended.name))?;
        let attributes =
            Attributes::of_content_type(content_type).with_secrecy(body_secrecy.or(head_secrecy));
        let operation = Operation::set(intended.name.clone(), value).with_attributes(attributes);
        Ok(write(exchange, intended, operation, &bytes, said))
    };
    if is_long { Ok(pooled(call.exchange, submit_set)) } else { submit_set(call.exchange) }
}

/// `DELETE /config/{name}`
pub(in crate::presentation::http) fn delete(call: &Call<'_>) -> Answered {
    let intended = intended(call, call.name()?, Form::Text)?;
    let operation = Operation::delete(intended.name.clone());
    Ok(write(call.exchange, intended, operation, &[], None))
}

fn intended(call: &Call<'_>, name: ConfigName, form: Form) -> Result<Intended, Problem> {
    Ok(Intended {
        name,
        conditions: Conditions::read(call.request)?,
        head_reason: call.head_reason()?,
        marking: Marking::begin(call)?,
        form,
    })
}

fn write(
    exchange: &Arc<Exchange>,
    intended: Intended,
    operation: Operation,
    body: &[u8],
    body_reason: Option<Reason>,
) -> Reply {
    let Intended { name, conditions, head_reason, marking, form } = intended;
    let mut metadata = exchange.metadata();
    metadata.reason = body_reason.or(head_reason);
    let command = Command::Single(conditions.guard(operation));
    let write = Write { idempotency: marking.finish(body), ..exchange.view().write(command, metadata) };
    let about = name.clone();
    submit(
        exchange,
        write,
        move |problem| problem.about(&about),
        move |_, written| Ok(stored(name, form, written)),
    )
}

/// The answer to a write that is durable.
fn stored(name: ConfigName, form: Form, written: ShownWritten) -> Reply {
    let revision = written.revision.unwrap_or(written.head);
    let after = written.outcomes.into_iter().next().map(|outcome| outcome.after);
    let place = after.as_ref().map_or(Place::START, ShownConfig::place);
    let note = after.as_ref().is_some_and(ShownConfig::is_present) && is_hidden_by_a_resource(name.as_str());
    let Some(config) = after.filter(|_| form == Form::Json) else {
        let mut response = bare(200);
        response.data = ResponseBody::from_data("OK");
        response.headers.push(TEXT);
        return Reply::Ready(noted(acknowledged(response, revision, place, Form::Text), note));
    };
    let is_long = is_long(&config);
    let is_secret = config.is_secret();
    let item = ItemOf::whole(name, config);
    let make = move || {
        let mut response = acknowledged(json(&item), revision, place, Form::Json);
        if is_secret {
            response.headers.push(NO_STORE);
        }
        Reply::Ready(noted(response, note))
    };
    // Made on the log thread, or, where that would hold up others, on the pool.
    if is_long { Reply::Pooled(Box::new(make)) } else { make() }
}

fn noted(mut response: Response, note: bool) -> Response {
    if note {
        let text =
            "read this value with %2F for the last slashes of its name; a proxy that decodes them hides it";
        put(&mut response, "Config-Note", text);
    }
    response
}

fn is_long(config: &ShownConfig) -> bool {
    config.text().is_some_and(|text| text.len() > INLINE_JSON_BYTES_MAX)
}

fn acknowledged(mut response: Response, revision: Revision, place: Place, form: Form) -> Response {
    put(&mut response, "ETag", tag(place, form));
    put(&mut response, "Config-Revision", revision.to_string());
    response
}

const TEXT: Field = field("Content-Type", "text/plain; charset=utf-8");

/// The field of a value that is sent as it is. The other types are UTF-8 by their definition.
const fn type_of(content_type: ContentType) -> Field {
    match content_type {
        ContentType::Text => TEXT,
        other => field("Content-Type", other.as_str()),
    }
}

fn bare(status: u16) -> Response {
    response(status, ResponseBody::empty())
}

fn text(config: ShownConfig) -> Response {
    let mut response = bare(200);
    response.headers.push(type_of(config.attributes().content_type()));
    let value = ValueBytes(config);
    let length = value.as_ref().len();
    response.data = ResponseBody::from_reader_and_size(Cursor::new(value), length);
    response
}

fn json(item: &ItemOf) -> Response {
    let mut response = bare(200);
    // An item always has a JSON form.
    response.data = ResponseBody::from_data(serde_json::to_vec(item).unwrap_or_default());
    put(&mut response, "Content-Type", "application/json");
    response
}

/// A value as the bytes of a body, without a copy.
struct ValueBytes(ShownConfig);

impl AsRef<[u8]> for ValueBytes {
    fn as_ref(&self) -> &[u8] {
        self.0.text().unwrap_or_default().as_bytes()
    }
}
