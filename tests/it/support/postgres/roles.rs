//! A role with the rights that `configapi migrate --grant` gives a server, and no more: unlike the superuser, it is subject to policies.

use ::postgres::{Client, NoTls};

use super::{name_of, psql};

/// The statement of `configapi migrate --grant`.
const RIGHTS: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/sql/postgres/grant_role.sql"));

/// A role of a test's own on a migrated database; gone when dropped.
#[derive(Debug)]
pub struct ServingRole {
    admin_url: String,
    name: String,
    url: String,
}

/// A role that may serve the log of a database and not change its schema.
pub fn serving_role(url: &str) -> ServingRole {
    let name = format!("{}_serves", name_of(url));
    psql(url, &format!("CREATE ROLE {name} LOGIN; SET configapi.role = '{name}'; {RIGHTS}"));
    let (scheme, rest) = url.split_once("://").expect("a URL");
    let (_, host) = rest.rsplit_once('@').expect("a URL with a user");
    ServingRole { admin_url: url.to_owned(), url: format!("{scheme}://{name}@{host}"), name }
}

impl ServingRole {
    /// The database as this role.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for ServingRole {
    fn drop(&mut self) {
        let drop = format!("DROP OWNED BY {0}; DROP ROLE {0}", self.name);
        if let Ok(mut client) = Client::connect(&self.admin_url, NoTls) {
            let _in_use = client.batch_execute(&drop);
        }
    }
}
