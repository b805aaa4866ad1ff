SELECT $columns FROM $table WHERE received_at >= $begin
