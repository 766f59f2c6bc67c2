//! How the Chinese is written: one term for one thing, and the spaces and marks of a Chinese text.

use tests::markdown::prose;

use crate::pair::{Pair, pairs};

/// What else a term of the glossary is called elsewhere, and not here.
const NOT_HERE: [(&str, &[&str]); 31] = [
    ("心跳", &["心跳包", "心跳报文", "心跳消息"]),
    ("保活", &["探活", "保持活跃", "存活检测"]),
    ("逐出", &["驱逐", "踢出", "踢掉", "剔除"]),
    ("超时队列", &["到期队列", "过期队列", "定时队列"]),
    ("重传", &["重发"]),
    ("零窗口探测", &["零窗口探查", "零窗口检测", "坚持探测"]),
    ("半开连接", &["半打开", "半开放", "半连接"]),
    ("死链", &["死连接", "僵尸连接"]),
    ("空闲", &["闲置"]),
    ("沉默", &["静默", "寂静"]),
    ("对端", &["对方", "远端"]),
    ("服务端", &["服务器", "伺服器"]),
    ("客户端", &["客户机", "用户端"]),
    ("内核", &["核心"]),
    ("会话", &["会晤"]),
    ("套接字", &["套接口", "插口"]),
    ("回显", &["回声", "回射"]),
    ("确认", &["回执"]),
    ("应答", &["回应", "响应", "答复", "回复"]),
    ("重试", &["重新尝试"]),
    ("生命迹象", &["生命信号", "存活迹象"]),
    ("探测", &["探查", "探针"]),
    ("截止时间", &["截止时刻", "截止期", "期限"]),
    ("流结束", &["流终止", "流的结束", "流的末尾"]),
    ("报文段", &["分节", "数据包"]),
    ("接收缓冲区", &["接收缓存", "读缓冲"]),
    ("发送缓冲区", &["发送缓存", "写缓冲"]),
    ("中间设备", &["中间盒", "中间件"]),
    ("回收线程", &["逐出线程", "清理线程", "收割"]),
    ("实验台", &["实验室"]),
    ("退出码", &["退出状态", "退出代码", "返回码", "返回值"]),
];

/// The Chinese words and the English ones, from the table in the README that only it has.
fn glossary(pairs: &[Pair]) -> Vec<(String, String)> {
    let rows = pairs.iter().flat_map(|pair| &pair.only_chinese).flat_map(|it| it.text.lines());
    let cells =
        rows.filter_map(|row| row.strip_prefix("| ")?.strip_suffix(" |")?.split_once(" | "));
    cells.skip(2).map(|(chinese, english)| (chinese.to_owned(), english.to_owned())).collect()
}

/// The text alone, without code, link targets and marks of emphasis.
fn words(text: &str) -> String {
    let text: String = prose(text).split('`').step_by(2).collect::<Vec<_>>().join("`");
    let mut parts = text.split("](");
    let first = parts.next().unwrap_or_default().to_owned();
    let after_targets = parts.filter_map(|part| part.split_once(')')).map(|(_, rest)| rest);
    let text = after_targets.fold(first, |text, rest| text + rest);
    text.replace(['*', '['], "")
}

#[test]
fn each_term_of_the_glossary_is_the_one_that_is_used() {
    let pairs = pairs();
    let glossary = glossary(&pairs);
    assert!(glossary.len() > 10, "the glossary is short: {glossary:?}");
    let mut missing = Vec::new();
    for pair in &pairs {
        for (english, chinese) in pair.sections() {
            let in_english = words(&english.text).to_lowercase();
            let is_file = |word: &&str| word.contains(".rs");
            let in_english: Vec<_> =
                in_english.split_whitespace().filter(|word| !is_file(word)).collect();
            let in_english = in_english.join(" ");
            let in_chinese = words(&chinese.text);
            for (term, english_terms) in &glossary {
                let is_used = english_terms.split(", ").any(|it| in_english.contains(it));
                if is_used && !in_chinese.contains(term) {
                    let place = format!("{}, \"{}\"", pair.chinese_file, chinese.heading);
                    missing.push(format!("{place}: no {term} for {english_terms}"));
                }
            }
        }
    }
    assert!(missing.is_empty(), "terms that are not used:\n{}", missing.join("\n"));
}

#[test]
fn no_term_of_the_glossary_has_a_second_name() {
    let pairs = pairs();
    let glossary = glossary(&pairs);
    let mut wrong = Vec::new();
    for (term, others) in NOT_HERE {
        assert!(glossary.iter().any(|(it, _)| it == term), "{term} is not in the glossary");
        for pair in &pairs {
            // The glossary itself says what the article calls them.
            let own = pair.only_chinese.iter().filter(|it| it.heading != "术语表");
            for section in pair.chinese.iter().chain(own) {
                let text = words(&section.text);
                let used = others.iter().filter(|other| text.contains(**other));
                let place = format!("{}, \"{}\"", pair.chinese_file, section.heading);
                wrong.extend(used.map(|other| format!("{place}: {other} in place of {term}")));
            }
        }
    }
    assert!(wrong.is_empty(), "other words than the glossary's:\n{}", wrong.join("\n"));
}

fn is_chinese(c: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&c)
}

/// Whether two neighbours need a space between them, or a full-width mark in place of this one.
fn is_wrong(before: char, after: char) -> bool {
    let is_latin = |c: char| c.is_ascii_alphanumeric() || c == '`';
    let is_half_width = |c| ",;:?!.()\"".contains(c);
    is_chinese(before) && (is_latin(after) || is_half_width(after))
        || is_chinese(after) && (is_latin(before) || is_half_width(before))
}

#[test]
fn chinese_is_set_with_spaces_around_latin_and_with_full_width_marks() {
    let mut wrong = Vec::new();
    for pair in pairs() {
        for section in pair.chinese.iter().chain(&pair.only_chinese) {
            let text = words(&section.text);
            for line in text.lines() {
                let neighbours = line.chars().zip(line.chars().skip(1));
                if neighbours.into_iter().any(|(before, after)| is_wrong(before, after)) {
                    wrong.push(format!("{}, \"{}\": {line}", pair.chinese_file, section.heading));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "spaces or marks are wrong:\n{}", wrong.join("\n"));
}

#[test]
fn no_line_ends_within_a_chinese_sentence() {
    // The break would be shown as a space.
    let is_full_width = |c| is_chinese(c) || "，。、；：？！（）“”".contains(c);
    let mut wrong = Vec::new();
    for pair in pairs() {
        for section in pair.chinese.iter().chain(&pair.only_chinese) {
            let text = words(&section.text);
            for (line, next) in text.lines().zip(text.lines().skip(1)) {
                let is_break = line.ends_with(is_full_width);
                if is_break && next.trim_start().starts_with(is_full_width) {
                    wrong.push(format!("{}: {line}\n{next}", pair.chinese_file));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "lines that end within a sentence:\n{}", wrong.join("\n"));
}
