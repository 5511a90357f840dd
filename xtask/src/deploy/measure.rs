//! Measures searches of a deployment: tiers, times, refusals, CPU time.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use serde_json::{Value, json};

use super::deploy_ports::DeployPorts;
use super::found_account_resources::text_member_or_empty;
use super::health::complaints;
use crate::dev::HttpResponse;

/// How often each search is made: R2 first, then the copy in KV. An isolate's memory keeps no
/// answer that a late provider may improve, so a fresh deployment rarely answers from memory.
const ROUNDS: usize = 3;

/// `X-Cache` of each tier; the median of `X-Response-Time` in this measurement in workerd on a
/// busy machine with two cores and stores without latency; and the limit for slow on Cloudflare.
const TIERS: [(&str, &str, u64); 3] =
    [("HIT-MEMORY", "-", 20), ("HIT-KV-HOT", "2", 150), ("HIT-R2-COLD", "7", 300)];

pub fn error_text(reply: &HttpResponse) -> String {
    let problem = reply.body_json();
    let detail = ["detail", "title"].map(|key| text_member_or_empty(&problem, key));
    let detail = detail
        .into_iter()
        .find(|text| !text.is_empty())
        .unwrap_or_else(|| reply.body.chars().take(200).collect());
    let parts = complaints(&problem);
    match reply.status {
        0 => format!("nothing ({detail})"),
        status if reply.body.contains("1102") => {
            format!("{status}: the Worker used more CPU time than the plan allows (1102)")
        }
        status if parts.is_empty() => format!("{status}: {detail}"),
        status => format!("{status}{parts}"),
    }
}

#[derive(Debug, Default)]
pub struct Searches {
    /// Times that the Worker and the client measured, by `X-Cache`.
    tiers: BTreeMap<String, Vec<(u64, u64)>>,
    refused: Vec<String>,
    /// Queries that were not answered from cache in the last round.
    missed: Vec<String>,
}

pub fn measure_searches(runner: &mut dyn DeployPorts, proxy: &str, csv: &str) -> Searches {
    let mut seen = Searches::default();
    let rows = csv.lines().skip(1).map(|line| line.split(',').collect::<Vec<_>>());
    let mut queries: Vec<String> = rows
        .flat_map(|cells| {
            cells.into_iter().skip(1).map(|cell| cell.replace(' ', "%20")).collect::<Vec<_>>()
        })
        .collect();
    queries.sort();
    queries.dedup();
    for round in 1..=ROUNDS {
        for query in &queries {
            let reply =
                runner.send_http("GET", &format!("{proxy}/search/auto?q={query}"), json!({}), None);
            if reply.status != 200 {
                seen.refused.push(format!("{query}: {}", error_text(&reply)));
                continue;
            }
            let tier = reply.header("x-cache").to_owned();
            if round == ROUNDS && !tier.starts_with("HIT") {
                seen.missed.push(query.clone());
            }
            let worker_ms = reply.header("x-response-time").parse().unwrap_or_default();
            seen.tiers.entry(tier).or_default().push((worker_ms, reply.ms));
        }
    }
    seen
}

pub fn print_searches(runner: &mut dyn DeployPorts, seen: &Searches) -> Result<()> {
    runner
        .print_line("\nsearches       answers  Worker ms (median, most)  here ms (median)  lab ms");
    for (tier, times) in &seen.tiers {
        let (worker, most) = spread(times.iter().map(|time| time.0));
        let (here, _) = spread(times.iter().map(|time| time.1));
        let known = TIERS.iter().find(|(name, ..)| name == tier);
        let lab = known.map_or("-", |(_, lab, _)| lab);
        let slow = known.is_some_and(|(_, _, slow)| worker > *slow);
        let note = if slow { "  slower than expected" } else { "" };
        runner.print_line(&format!(
            "{tier:<14} {:>7}  {worker:>13}, {most:<9}  {here:>16}  {lab:>6}{note}",
            times.len()
        ));
    }
    if !seen.refused.is_empty() {
        bail!(
            "{} searches were refused:\n  {}\nA 429 ends after a minute; 1102 means that the plan's CPU \
             time is too short (docs/COSTS.md)",
            seen.refused.len(),
            seen.refused.join("\n  ")
        );
    }
    if !seen.missed.is_empty() {
        bail!(
            "these were warmed and are not answered from cache: {}\nSee the job in the dashboard; a \
             provider may have no such book",
            seen.missed.join(", ")
        );
    }
    runner.print_line("Everything that was warmed is answered from cache.");
    Ok(())
}

fn spread(times: impl Iterator<Item = u64>) -> (u64, u64) {
    let mut times: Vec<u64> = times.collect();
    times.sort_unstable();
    let at = |index: usize| times.get(index).copied().unwrap_or_default();
    (at(times.len() / 2), at(times.len().saturating_sub(1)))
}

/// Prints CPU time and refusals of each Worker from its output of `wrangler tail`.
pub fn report_watched(runner: &mut dyn DeployPorts, watched: &[(String, String)]) {
    for (worker, printed) in watched {
        let events = serde_json::Deserializer::from_str(printed).into_iter::<Value>();
        let events: Vec<Value> = events.map_while(Result::ok).collect();
        if events.is_empty() {
            runner.print_line(&format!("{worker}: no invocation was logged"));
            continue;
        }
        let cpu = events.iter().filter_map(|event| event.get("cpuTime")?.as_u64());
        let (median, most) = spread(cpu);
        let over = events
            .iter()
            .filter(|event| text_member_or_empty(event, "outcome") == "exceededCpu")
            .count();
        let status = |event: &&Value| event.pointer("/event/response/status") == Some(&json!(429));
        let limited = events.iter().filter(status).count();
        runner.print_line(&format!(
            "{worker}: {} invocations seen, CPU ms {median} (median), {most} (most); over the CPU limit \
             (1102): {over}; limited (429): {limited}",
            events.len()
        ));
    }
}
