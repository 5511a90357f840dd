//! The account, the login's rights to it, and the addresses of its Workers.

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::cloudflare_api::CloudflareApiClient;
use super::deploy_ports::{DeployPorts, PromptInputVisibility};
use super::found_account_resources::text_member_or_empty;

/// The API for the chosen account, whose name is printed.
pub fn log_in<'o>(
    runner: &'o mut dyn DeployPorts,
    remembered: &mut Option<String>,
    may_ask: bool,
) -> Result<CloudflareApiClient<'o>> {
    let token = match runner.env_var("CLOUDFLARE_API_TOKEN") {
        Some(token) => token,
        None => token_of_login(runner)?,
    };
    let chosen = runner.env_var("CLOUDFLARE_ACCOUNT_ID").or_else(|| remembered.clone());
    let mut api = CloudflareApiClient::new(runner, token);
    let accounts = api.list_all("/accounts").context("cannot list the accounts")?;
    let accounts: Vec<_> = accounts
        .iter()
        .map(|account| (text_member_or_empty(account, "id"), text_member_or_empty(account, "name")))
        .collect();
    let known = chosen.and_then(|id| accounts.iter().find(|account| account.0 == id));
    let (id, name) = match (known, accounts.as_slice()) {
        (Some(account), _) => account,
        (None, []) => bail!("this login sees no account"),
        (None, [only]) => only,
        (None, several) if may_ask => choose_account(api.runner, several)?,
        (None, several) => {
            let names: Vec<_> = several.iter().map(|(id, name)| format!("{name} ({id})")).collect();
            bail!(
                "this login sees {} accounts; set CLOUDFLARE_ACCOUNT_ID to one of: {}",
                several.len(),
                names.join(", ")
            );
        }
    };
    api.runner.print_line(&format!("account      {name} ({id})"));
    *remembered = Some(id.clone());
    api.account = id.clone();
    Ok(api)
}

fn token_of_login(runner: &mut dyn DeployPorts) -> Result<String> {
    let printed = runner.call_wrangler("", &["auth", "token", "--json"], "").ok();
    let parsed = printed.and_then(|text| serde_json::from_str::<Value>(&text).ok());
    let token = parsed.as_ref().and_then(|value| value.get("token")).and_then(Value::as_str);
    token.map(str::to_owned).context(
        "there is no login: run `npx wrangler login`, or set CLOUDFLARE_API_TOKEN \
         (docs/DEPLOY.md names its rights)",
    )
}

fn choose_account<'a>(
    runner: &mut dyn DeployPorts,
    accounts: &'a [(String, String)],
) -> Result<&'a (String, String)> {
    for (index, (id, name)) in accounts.iter().enumerate() {
        runner.print_line(&format!("  {}  {name} ({id})", index + 1));
    }
    let answer = runner.prompt("Which account? (number)", PromptInputVisibility::Shown)?;
    let index = answer.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
    index
        .and_then(|index| accounts.get(index))
        .with_context(|| format!("`{answer}` is not a number of the list"))
}

/// The address of a Worker: from `--addresses` if given, else at workers.dev.
pub fn worker_url(addresses: Option<&str>, subdomain: &str, name: &str) -> String {
    match addresses {
        Some(form) => form.replace("{name}", name),
        None => format!("https://{name}.{subdomain}.workers.dev"),
    }
}
