//! Ranges of Lark's codes, for a code that is not in the table.

use super::Language;

/// Range of codes of one part of Lark's API.
#[derive(Debug)]
pub struct Range {
    low: i64,
    high: i64,
    text: [&'static str; 2],
}

const fn range(low: i64, high: i64, en: &'static str, zh: &'static str) -> Range {
    Range {
        low,
        high,
        text: [en, zh],
    }
}

/// In ascending order.
static RANGES: [Range; 23] = [
    range(1_000, 1_999, "documents and older logins", "云文档与旧版登录"),
    range(9_000, 9_499, "the form of a call", "调用的格式"),
    range(10_000, 10_999, "applications and their tokens", "应用与应用凭证"),
    range(11_000, 11_999, "custom bots and cards", "自定义机器人与卡片"),
    range(18_000, 19_999, "custom bots and calendars", "自定义机器人与日历"),
    range(20_000, 20_999, "authorizing users", "用户授权"),
    range(40_000, 49_999, "contacts", "通讯录"),
    range(60_000, 65_999, "approvals", "审批"),
    range(100_000, 100_999, "updating cards", "更新卡片"),
    range(131_000, 131_999, "wikis", "知识库"),
    range(190_000, 199_999, "calendars", "日历"),
    range(200_000, 200_999, "cards and their callbacks", "卡片与卡片回调"),
    range(230_000, 230_999, "messages", "消息"),
    range(231_000, 231_999, "reactions and pins", "表情回复与 Pin"),
    range(232_000, 233_999, "groups", "群组"),
    range(234_000, 234_999, "files and images of messages", "消息中的文件与图片"),
    range(300_000, 300_999, "cards and tokens of clicks", "卡片与点击 token"),
    range(1_060_000, 1_069_999, "the drive", "云空间"),
    range(1_250_000, 1_259_999, "Base (bitable)", "多维表格"),
    range(1_310_000, 1_319_999, "sheets", "电子表格"),
    range(1_770_000, 1_779_999, "documents (docx)", "新版文档"),
    range(
        99_990_000,
        99_999_999,
        "Lark's gateway: tokens, scopes, limits",
        "飞书网关：凭证、权限、频率",
    ),
    range(1_000_040_000, 1_000_049_999, "the long connection", "长连接"),
];

impl Range {
    /// Subject of the range.
    pub fn text(&self, language: Language) -> &'static str {
        let [en, zh] = self.text;
        match language {
            Language::En => en,
            Language::Zh => zh,
        }
    }

    /// Whether the code lies within.
    pub fn contains(&self, code: i64) -> bool {
        (self.low..=self.high).contains(&code)
    }

    /// First and last code.
    pub fn ends(&self) -> (i64, i64) {
        (self.low, self.high)
    }

    fn distance(&self, code: i64) -> u64 {
        if self.contains(code) {
            return 0;
        }
        code.abs_diff(self.low).min(code.abs_diff(self.high))
    }
}

/// The range of a code, or else the nearest one.
pub fn nearest_range(code: i64) -> Option<&'static Range> {
    RANGES.iter().min_by_key(|range| range.distance(code))
}
