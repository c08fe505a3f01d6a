//! A role with the rights of a server and no more: unlike the superuser, it is subject to policies.

use ::postgres::{Client, NoTls};

use super::{name_of, psql};

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
    psql(
        url,
        &format!(
            "CREATE ROLE {name} LOGIN;
             GRANT USAGE ON SCHEMA configapi TO {name};
             GRANT SELECT ON ALL TABLES IN SCHEMA configapi TO {name};
             GRANT INSERT ON configapi.log TO {name};
             GRANT INSERT, UPDATE, DELETE ON configapi.data_keys TO {name};
             GRANT UPDATE ON configapi.head TO {name}"
        ),
    );
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
