# Judges an answer: ... | sh docs/course/judge.sh "$answer"
#
# What comes in says what is right. In a row of `lab predict` that is the first time or range, and the
# answer may be any time or range within it, with its unit: 16m, "15 to 17 minutes", 1s500ms, 1.5s. It
# may begin three in a hundred too early, as round minutes do. A row without a time is right as it
# stands: "c2", or "never" at the end of a longer one.
answer=$1 awk '
# The seconds of "1s 500ms" or "1.5 min". Less than 0 if this is no time.
function seconds(text, sum, number, unit) {
    sum = -1
    while (match(text, /^ *[0-9]+(\.[0-9]+)? */)) {
        number = substr(text, 1, RLENGTH)
        text = substr(text, RLENGTH + 1)
        match(text, /^[a-z]*/)
        unit = substr(text, 1, RLENGTH)
        text = substr(text, RLENGTH + 1)
        if (unit !~ /^(ms|s|secs?|seconds?|m|mins?|minutes?)$/) return -1
        sum = (sum < 0 ? 0 : sum) + number * (unit == "ms" ? 0.001 : unit ~ /^m/ ? 60 : 1)
    }
    return text ~ /^ *$/ ? sum : -1
}
# Puts the ends of "1s to 2s" into `ends`. Those of one time are the same.
function range(text, ends, parts, count) {
    gsub(/ *(\.\.|~|-|–|～|to|到|至) */, "/", text)
    count = split(text, parts, "/")
    # 15 to 17 minutes
    if (parts[1] ~ /[0-9] *$/ && match(parts[count], / *[a-z]+ *$/))
        parts[1] = parts[1] substr(parts[count], RSTART)
    ends[1] = seconds(parts[1])
    ends[2] = seconds(parts[count])
    return count <= 2 && ends[1] >= 0 && ends[1] <= ends[2]
}
NR == 1 {
    gsub(/^ +| +$/, "")
    answer = tolower(ENVIRON["answer"])
    gsub(/^ +| +$/, "", answer)
    gsub(/分(钟)?/, "m", answer)
    gsub(/秒(钟)?/, "s", answer)
    gsub(/( |,|，|、)+/, " ", answer)
    time = "[0-9]+(ms|s|m)( ?[0-9]+(ms|s|m))*"
    if (match($0, time "( to " time ")?")) {
        range(substr($0, RSTART, RLENGTH), right)
        is_right = range(answer, said) && said[1] >= right[1] * 0.97 && said[2] <= right[2] + 0.001
    } else {
        is_right = answer != "" && $0 == answer || answer == "never" && $NF == answer
    }
    row = $0
}
END { print is_right ? "right: " row : "not " ENVIRON["answer"] }'
